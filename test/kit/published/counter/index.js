import fetch from 'node-fetch'
import leftPad from 'left-pad'
import { isHit } from './lib/hit'

type Counted = { count: number }

count = 0

async function setupPlugin({ config, global }) {
    global.url = config.url
}

async function processEvent(event: any, { global }) {
    if (isHit(event)) {
        count = count + 1
        await fetch(global.url + '/' + count)
    }
    return event
}
