const { createEvent, createIdentify, getMeta, resetMeta, clone } = require('@posthog/plugin-scaffold/test/utils')
const { setupPlugin, processEvent } = require('./index')
const fetch = require('node-fetch')
const manifest = require('./plugin.json')

jest.mock('node-fetch')

beforeEach(async () => {
    fetch.mockReset()
    resetMeta({ config: { url: manifest.config[0].default } })
    await setupPlugin(getMeta())
})

describe('counter', () => {
    test('counts hits', async () => {
        const event = createEvent({ event: 'hit' })
        expect(await processEvent(clone(event), getMeta())).toEqual(event)
        expect(fetch).toHaveBeenCalledTimes(1)
        expect(fetch).toHaveBeenCalledWith('https://counter.example/1')
    })

    test('leaves the rest alone', async () => {
        const identify = await processEvent(createIdentify(), getMeta())
        expect(fetch).not.toBeCalled()
        expect(identify.$set).toMatchSnapshot()
    })

    test('takes the manual mock of a package', () => {
        expect(require('left-shoe').left()).toBe('mocked')
    })

    it('calls back', (done) => {
        setTimeout(() => done(), 1)
    })

    it.each([
        [1, 2],
        [2, 3],
    ])('knows what follows %i', (number, next) => {
        expect(number + 1).toBe(next)
    })

    test('is called as it is called', () => {
        expect(manifest.name).toMatchInlineSnapshot(`"Counter"`)
        expect(manifest).toMatchInlineSnapshot(`
            Object {
              "config": Array [
                Object {
                  "default": "https://counter.example",
                  "key": "url",
                  "type": "string",
                },
              ],
              "name": "Counter",
            }
        `)
        expect(() => {
            throw new Error('no "name"')
        }).toThrowErrorMatchingInlineSnapshot(`"no \\"name\\""`)
    })
})
