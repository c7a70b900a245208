import { PluginEvent } from '@posthog/plugin-scaffold'

export const name = (event: PluginEvent): string => event.event.toLowerCase()
export const names = (events: PluginEvent[]): string[] => events.map(name)
