export function isHit(event) {
    return event.event === 'hit'
}
