import { Plugin, PluginMeta, PluginEvent, RetryError } from '@posthog/plugin-scaffold'
import { name } from './names'

type TypedPlugin = Plugin<{ config: { host: string }; global: { seen: string[] } }>

export async function setupPlugin({ config, global }: PluginMeta<TypedPlugin>): Promise<void> {
    const response = await fetch(`https://${config.host}/check`)
    if (!response.ok) {
        throw new RetryError('not there yet')
    }
    global.seen = []
}

export async function onEvent(event: PluginEvent, { config, global }: PluginMeta<TypedPlugin>): Promise<void> {
    global.seen.push(name(event))
    posthog.capture('seen', { count: global.seen.length, host: config.host })
}
