import { Meta, PluginEvent } from '@posthog/plugin-scaffold'
namespace Schema {
    export type Rule = { required?: string[]; types?: Record<string, 'string' | 'number' | 'boolean'> }
    export class Violation extends Error {
        constructor(public readonly event: string, readonly problems: string[]) {
            super(`${event}: ${problems.join('; ')}`)
            this.name = 'Violation'
        }
    }
}
let rules: Record<string, Schema.Rule>
export function setupPlugin({ config, jobs }: Meta) {
    try { rules = JSON.parse(config.schema as string) } catch (e) { throw new Error(`The schema is not JSON: ${(e as Error).message}`) }
}
function* problemsOf(event: PluginEvent, rule: Schema.Rule): Generator<string> {
    for (const name of rule.required ?? []) if (!(name in (event.properties ?? {}))) yield `${name} is missing`
    for (const [name, type] of Object.entries(rule.types ?? {})) {
        const value = event.properties?.[name]
        if (value !== undefined && typeof value !== type) yield `${name} is no ${type}`
    }
}
export function processEvent(event: PluginEvent, { config, cache }: Meta) {
    const rule = rules[event.event]
    if (!rule) return event
    const problems = [...problemsOf(event, rule)]
    if (!problems.length) return event
    cache.incr('violations')
    if (config.action === 'drop') { console.warn(String(new Schema.Violation(event.event, problems))); return null }
    throw new Schema.Violation(event.event, problems)
}
