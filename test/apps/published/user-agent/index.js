const browsers = [ ['Edge', /Edg\/([\d.]+)/], ['Chrome', /Chrome\/([\d.]+)/], ['Firefox', /Firefox\/([\d.]+)/], ['Safari', /Version\/([\d.]+).*Safari/] ]
export async function setupPlugin({ config, global }) {
    try {
        global.overrideUserAgentDetails = config.overrideUserAgentDetails === 'true'
        global.debugMode = config.debugMode === 'true'
    } catch (e) {
        throw new Error('Failed to read the configuration')
    }
}
export async function processEvent(event, { global }) {
    const availableKeysOfEvent = Object.keys(event.properties)
    const userAgentKey = availableKeysOfEvent.find((key) => ['$user_agent', '$useragent'].includes(key.toLowerCase()))
    if (!userAgentKey) {
        if (global.debugMode) console.warn('UserAgentPlugin.processEvent(): no user agent in', event.uuid)
        return event
    }
    let userAgent = '';
    userAgent = `${event.properties[userAgentKey]}`
    delete event.properties[userAgentKey]
    if (!userAgent || userAgent === '') return event
    for ([name, pattern] of browsers) {
        const found = pattern.exec(userAgent)
        if (found && (global.overrideUserAgentDetails || !event.properties.$browser)) {
            event.properties['$browser'] = name
            event.properties['$browser_version'] = found[1]
            break
        }
    }
    event.properties['$device_type'] = /Mobi/.test(userAgent) ? 'Mobile' : 'Desktop'
    return event
}
