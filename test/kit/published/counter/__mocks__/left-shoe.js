module.exports = { left: () => 'mocked' }
