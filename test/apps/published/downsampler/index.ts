import { PluginEvent, PluginMeta } from "@posthog/plugin-scaffold"
import { createHash } from "crypto"

enum SamplingMethod { Random = "Random sampling", ByPerson = "Distinct ID aware sampling" }

function hashFraction(id: string): number {
    return parseInt(createHash("md5").update(id).digest("hex").substring(0, 15), 16) / 0xfffffffffffffff
}

export function setupPlugin({ config, global }: PluginMeta) {
    const percentage = parseFloat(config.percentage)
    if (isNaN(percentage) || percentage > 100 || percentage < 0) {
        throw new Error("Percentage must be a number between 0 and 100.")
    }
    global.fraction = percentage / 100
    global.triggeringEvents = new Set((config.triggeringEvents || "").split(",").map((x: string) => x.trim()).filter(Boolean))
}

export function processEvent(event: PluginEvent, { config, global }: PluginMeta) {
    if (global.triggeringEvents.size && !global.triggeringEvents.has(event.event)) return event
    const x = config.samplingMethod === SamplingMethod.Random ? Math.random() : hashFraction(event.distinct_id)
    if (x >= global.fraction) return
    return event
}
