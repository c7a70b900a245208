module.exports = {
    processEvent(event) {
        return event
    },
}
