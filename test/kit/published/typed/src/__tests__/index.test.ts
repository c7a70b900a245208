import { RetryError } from '@posthog/plugin-scaffold'
import { createEvent, getMeta, resetMeta } from '@posthog/plugin-scaffold/test/utils'
import { createBuffer } from '@posthog/plugin-contrib'
import { readFileSync } from 'fs'
import { join } from 'path'
import { onEvent, setupPlugin } from '../index'
import * as names from '../names'
import { Client } from '../client'

const mockQuery = jest.fn()
jest.mock('../client', () => ({ Client: jest.fn().mockImplementation(() => ({ query: mockQuery })) }), { virtual: true })

const meta = () => getMeta() as any

beforeEach(() => {
    resetMeta({ config: { host: 'typed.example' } })
    global.fetch = jest.fn(() => Promise.resolve({ ok: true })) as any
    ;(global as any).posthog = { capture: jest.fn() }
})

test('set-up asks the host', async () => {
    await setupPlugin(meta())
    expect(fetch).toHaveBeenCalledWith('https://typed.example/check')
})

test('set-up is retried while the host is not there', async () => {
    ;(global.fetch as jest.Mock).mockResolvedValueOnce({ ok: false })
    await expect(setupPlugin(meta())).rejects.toThrow(RetryError)
})

test('what the app captures can be seen', async () => {
    await setupPlugin(meta())
    const spy = jest.spyOn(names, 'name').mockImplementation(() => 'spied')
    await onEvent(createEvent({ event: 'VISIT' }) as any, meta())
    expect(spy).toHaveBeenCalledTimes(1)
    expect(meta().global.seen).toEqual(['spied'])
    expect((global as any).posthog.capture).toHaveBeenCalledWith('seen', { count: 1, host: 'typed.example' })
})

test('a buffer is flushed by its timer', () => {
    jest.useFakeTimers()
    const onFlush = jest.fn()
    createBuffer({ limit: 2, timeoutSeconds: 10, onFlush }).add('x')
    expect(onFlush).not.toHaveBeenCalled()
    jest.advanceTimersByTime(10_000)
    expect(onFlush).toHaveBeenCalledWith(['x'], 1)
    jest.useRealTimers()
})

test('a mocked class can be made', () => {
    const client = new Client()
    client.query('select 1')
    expect(mockQuery).toHaveBeenCalledWith('select 1')
    expect(Client).toHaveBeenCalledTimes(1)
})

test('modules can be loaded afresh, and really', () => {
    jest.resetModules()
    const again = require('../names')
    expect(again).not.toBe(names)
    expect(jest.requireActual('../names').names([{ event: 'A' }])).toEqual(['a'])
})

test('files are found beside the test', () => {
    const { main } = JSON.parse(readFileSync(join(__dirname, '../../plugin.json'), 'utf8'))
    expect((global as any).PREFIX + main).toBe('prefixed src/index.ts')
})
