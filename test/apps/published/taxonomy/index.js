const words = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').split(/[\s_\-.]+/).filter(Boolean).map((w) => w.toLowerCase())
const cap = (w) => w.charAt(0).toUpperCase() + w.slice(1)

const transformations = {
    'camelCase': (ws) => ws.map((w, i) => i ? cap(w) : w).join(''),
    'snake_case': (ws) => ws.join('_'),
    'Title Case': (ws) => ws.map(cap).join(' '),
}

var overrides = {}

function setupPlugin({ config, attachments, global }) {
    global.transform = transformations[config.naming]
    if (attachments.overrides) {
        overrides = JSON.parse(Buffer.from(attachments.overrides.contents.toString()))
    }
}

function processEvent(event, meta) {
    if (meta.config.skipPrefixed === 'Yes' && event.event[0] === '$') {
        return event
    }
    originalName = event.event
    event.event = overrides[originalName] || meta.global.transform(words(originalName))
    event.properties['$original_name'] = originalName
    return event
}
