import { RetryError } from '@posthog/plugin-scaffold'

export type CrmToken = { value: string; fetchedAt: Date }

export const authenticate = async (config: Record<string, string>): Promise<CrmToken> => {
    const basic = Buffer.from(`${config.username}:${config.password}`).toString('base64')
    let response
    try {
        response = await fetch(`${config.host}/token`, { method: 'post', headers: { Authorization: `Basic ${basic}` } })
    } catch (error) {
        throw new RetryError('The CRM cannot be reached')
    }
    if (response.status >= 500) throw new RetryError(`The CRM answered ${response.status}`)
    if (response.status !== 200) throw new Error(`Unable to authenticate: ${response.status} ${await response.text()}`)
    return { value: (await response.json()).access_token, fetchedAt: new Date() }
}
