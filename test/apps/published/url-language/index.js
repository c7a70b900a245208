exports.setupPlugin = function (meta) {
    meta.global.pattern = new RegExp(meta.config.pattern || '^/([a-z]{2})(?:-[A-Z]{2})?(?=/|$)')
    meta.global.groups = (meta.config.matchGroup || '1').split(',').map(Number)
}

exports.processEvent = async function (event, { global, config }) {
    if (event.properties && typeof event.properties['$current_url'] === 'string') {
        try {
            const url = new URL(event.properties['$current_url'])
            const match = url.pathname.match(global.pattern)
            if (match) {
                event.properties['language'] = match[global.groups[0]]
                event.properties['$pathname'] = url.pathname.replace(global.pattern, '') || '/'
            }
            const utm = {}
            url.searchParams.forEach((value, key) => { if (key.indexOf('utm_') === 0) utm['initial_' + key] = value })
            if (Object.keys(utm).length) {
                event['$set_once'] = { ...(event['$set_once'] || {}), ...utm }
            }
        } catch (_) {
            // not an address
        }
    }
    return event
}
