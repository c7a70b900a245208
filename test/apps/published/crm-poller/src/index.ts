import { Plugin, PluginMeta, RetryError } from '@posthog/plugin-scaffold'
import type { Response } from 'node-fetch'
import { authenticate, CrmToken } from './auth'

interface CrmPlugin extends Plugin<{ global: { token: CrmToken; debug: boolean }; config: Record<string, string> }> {}
type CrmMeta = PluginMeta<CrmPlugin>

interface Contact {
    id: string
    email?: string
    created_at: number
}
interface Contact {
    plan: string | null
}

const CURSOR_KEY = 'contacts-cursor'

export async function setupPlugin({ config, global }: CrmMeta): Promise<void> {
    global.debug = config.debugLogging === 'Yes'
    global.token = await authenticate(config)
    console.info('Authenticated')
}

async function statusOk(res: Response): Promise<boolean> {
    return String(res.status)[0] === '2'
}

export async function runEveryMinute({ config, global, storage }: CrmMeta): Promise<void> {
    let cursor: string | null = (await storage.get(CURSOR_KEY, null)) as string | null
    let pages = 0
    do {
        const response = await fetch(`${config.host}/contacts?limit=2${cursor ? `&after=${encodeURIComponent(cursor)}` : ''}`, {
            method: 'get',
            headers: { Authorization: `Bearer ${global.token.value}`, Accept: 'application/json' },
        })
        if (!(await statusOk(response as unknown as Response))) {
            console.error(`Unable to get contacts: ${response.status}`)
            return
        }
        const { results, next } = (await response.json()) as { results: Contact[]; next?: string }
        for (const contact of results) {
            posthog.capture('crm contact', {
                distinct_id: contact.email ?? contact.id,
                timestamp: new Date(contact.created_at * 1000).toISOString(),
                $set: { plan: contact.plan, email: contact.email },
            })
        }
        if (global.debug) console.log('page', ++pages, 'of', results.length)
        cursor = next ?? (results.length > 0 ? results[results.length - 1].id : cursor)
        await storage.set(CURSOR_KEY, cursor)
        if (!next) break
    } while (true)
}
