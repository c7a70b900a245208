import type { Plugin, PluginEvent, PluginMeta } from '@posthog/plugin-scaffold'
import { RetryError } from '@posthog/plugin-scaffold'

type Meta = PluginMeta<Plugin<{ config: { siteId: string; token: string; host: string; sendEventsFrom: string; identifyByEmail: 'Yes' | 'No' }; global: { authorization: string; known: Record<string, boolean> } }>>

async function call({ host }: { host: string }, authorization: string, method: string, path: string, body?: any) {
    const response = await fetch(`${host}${path}`, { method, headers: { 'User-Agent': 'messenger app', 'Content-Type': 'application/json', Authorization: authorization }, body: body ? JSON.stringify(body) : undefined })
    if (response.status == 429 || response.status >= 500) throw new RetryError(`${method} ${path}: ${response.status}`)
    if (Math.floor(response.status / 100) !== 2) {
        console.error(`${method} ${path}: ${response.status}`, await response.text().catch(() => '?'))
        return false
    }
    return true
}

export const setupPlugin = async ({ config, global }: Meta) => {
    global.authorization = 'Basic ' + Buffer.from(`${config.siteId}:${config.token}`).toString('base64')
    global.known = {}
    if (!(await call(config, global.authorization, 'get', '/accounts/region'))) throw new Error('Unable to connect with these credentials')
    console.log('Successfully authenticated')
}

export const onEvent = async (event: PluginEvent, meta: Meta) => {
    const { global, config, storage } = meta
    if (event.event.startsWith('$') && event.event !== '$identify') return
    const email = event.properties?.email ?? event.$set?.email
    const id = config.identifyByEmail === 'Yes' ? email : event.distinct_id
    if (!id) return void console.debug('no id', event.uuid)
    if (!(await storage.get(`known:${id}`, false))) {
        await call(config, global.authorization, 'put', `/customers/${encodeURIComponent(id)}`, { ...event.$set, created_at: Math.floor(new Date(event.timestamp!).getTime() / 1000) })
        await storage.set(`known:${id}`, true)
    }
    if (event.event !== '$identify') {
        await call(config, global.authorization, 'post', `/customers/${encodeURIComponent(id)}/events`, { name: event.event, data: event.properties?.total ? { total: event.properties.total } : {} })
    }
}
