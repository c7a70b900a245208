import { PostHogEvent, Webhook, Meta } from '@posthog/plugin-scaffold'

const escape = (s: any) => String(s).replace(/[<>&]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' }[c]!))

export function composeWebhook(event: PostHogEvent, { config }: Meta): Webhook | null {
    const triggers = config.triggerOn?.split(',').map((x: string) => x.trim())
    if (triggers && !triggers.includes(event.event)) return null
    return {
        url: config.url,
        body: JSON.stringify({ text: `${escape(event.distinct_id)} did ${escape(event.event)} at ${event.timestamp.toISOString()}` }),
        headers: { 'Content-Type': 'application/json', 'X-Team': `${event.team_id}` },
        method: 'POST',
    }
}
