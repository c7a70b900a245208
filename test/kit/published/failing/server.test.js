import { setupServer } from 'msw/node'

test('talks to a server', () => {
    setupServer()
})
