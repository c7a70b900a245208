// Marks the first event of a visit. The end of a visit is told when the next one begins.
const MINUTES = 30

module.exports = {
    setupPlugin({ config, global }) {
        global.seconds = (parseInt(config.sessionLengthInMinutes) || MINUTES) * 60
        global.prefix = 'session_'
    },

    async processEvent(event, { global, cache, utils }) {
        if (event.event.startsWith('session_')) return event
        const key = global.prefix + event.distinct_id
        const isRunning = await cache.get(key, null)
        await cache.set(key, { lastEvent: event.event, at: event.timestamp || event.now }, global.seconds)
        if (!isRunning) {
            const number = await utils.cursor.increment('sessions_' + event.distinct_id)
            await posthog.capture('session_start', { distinct_id: event.distinct_id, number, timestamp: event.timestamp || event.now })
        }
        event.properties = Object.assign({}, event.properties, { is_session_start: !isRunning })
        return event
    },
}
