import { Plugin, PluginMeta, PluginEvent, ProcessedPluginEvent } from '@posthog/plugin-scaffold'
import { randomBytes, createHash } from 'crypto'
import { gzipSync } from 'zlib'
import fetch from 'node-fetch'

class RetryError extends Error {}

interface UploadJobPayload {
    batch: ProcessedPluginEvent[]
    batchId: string
    retriesPerformedSoFar: number
}

type BucketPlugin = Plugin<{
    global: { maxAttempts: number; eventsToIgnore: Set<string> }
    config: { bucketUrl: string; prefix: string; maxAttempts: string; compression: 'gzip' | 'no compression'; eventsToIgnore: string }
    jobs: { uploadBatch: UploadJobPayload }
}>

export const jobs: BucketPlugin['jobs'] = {
    uploadBatch: async (payload: UploadJobPayload, meta: PluginMeta<BucketPlugin>) => {
        await sendBatch(payload, meta)
    },
}

export const setupPlugin: BucketPlugin['setupPlugin'] = ({ config, global }) => {
    for (const option of ['bucketUrl', 'prefix']) {
        if (!(option in config)) {
            throw new Error(`Required config option ${option} is missing!`)
        }
    }
    global.maxAttempts = parseInt(config.maxAttempts)
    global.eventsToIgnore = new Set(
        config.eventsToIgnore ? config.eventsToIgnore.split(',').map((event) => event.trim()) : null
    )
}

export const exportEvents = async (events: ProcessedPluginEvent[], meta: PluginMeta<BucketPlugin>) => {
    const wanted = events.filter((event) => !meta.global.eventsToIgnore.has(event.event))
    if (wanted.length > 0) {
        sendBatch({ batch: wanted, batchId: createHash('md5').update(wanted[0].uuid).digest('hex'), retriesPerformedSoFar: 0 }, meta)
    }
}

async function sendBatch(payload: UploadJobPayload, { config, global, jobs }: PluginMeta<BucketPlugin>) {
    const { batch, batchId } = payload
    const day = new Date(batch[0].timestamp).toISOString().split('T')[0]
    const suffix = randomBytes(8).toString('hex')
    const dayTime = `${day.replace(/-/g, '')}-${suffix.length}`
    let body: string | Buffer = batch.map((event) => JSON.stringify(event)).join('\n')
    if (config.compression === 'gzip') body = gzipSync(body)
    try {
        const response = await fetch(`${config.bucketUrl}/${config.prefix}${day}/${dayTime}.jsonl`, {
            method: 'put',
            body,
            headers: { 'Content-Type': 'application/x-ndjson', 'X-Batch': batchId },
        })
        if (!response.ok) throw new RetryError(`status ${response.status}: ${(await response.buffer()).toString()}`)
        console.log(`Uploaded ${batch.length} event${batch.length > 1 ? 's' : ''}`)
    } catch (err) {
        if (err instanceof RetryError && payload.retriesPerformedSoFar < global.maxAttempts) {
            const nextRetryMs = 2 ** payload.retriesPerformedSoFar * 3000
            console.warn(`Failed to upload batch: ${err.message}, retrying in ${nextRetryMs / 1000}s`)
            await jobs.uploadBatch({ ...payload, retriesPerformedSoFar: payload.retriesPerformedSoFar + 1 }).runIn(nextRetryMs, 'milliseconds')
            return
        }
        console.error(`Gave up on batch ${batchId}`)
    }
}
