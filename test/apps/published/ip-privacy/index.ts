import { PluginEvent, PluginMeta } from '@posthog/plugin-scaffold'
import { createHash } from 'crypto'

export function processEvent(event: PluginEvent, { config }: PluginMeta): PluginEvent | null {
    const salt: string = config.privateSalt ?? ''
    if (event.ip) {
        event.ip = event.ip.includes(':') ? event.ip.split(':').slice(0, 3).join(':') + '::' : event.ip.split('.').slice(0, 3).join('.') + '.0'
    }
    for (const name of (config.hash as string).split(',').map((x) => x.trim())) {
        const value = event.properties?.[name]
        if (value) event.properties![name] = createHash('sha256').update(`${value}${salt}`).digest('hex')
    }
    const drop = new Set((config.drop ?? '').split(','))
    event.properties = Object.fromEntries(Object.entries(event.properties ?? {}).filter(([key]) => !drop.has(key)))
    return event
}
