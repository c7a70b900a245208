const { processEvent } = require('./index')

test('drops everything', () => {
    const unrelated: number = 1
    expect(processEvent({ event: 'x', unrelated })).toBeNull()
})
