const ONE_DAY = 1000 * 60 * 60 * 24

async function setupPlugin({ config, global }) {
    global.setupDone = true
    if (!config.apiKey) {
        throw new Error('No API key found!')
    }
}

async function processEvent(event, { config, cache, global }) {
    const { normalizedCurrency, amountProperty, currencyProperty, resultProperty } = config

    if (
        event?.properties &&
        typeof event.properties[amountProperty] !== 'undefined' &&
        typeof event.properties[currencyProperty] !== 'undefined' &&
        !event.properties[resultProperty]
    ) {
        const amount = parseFloat(event.properties[amountProperty])
        const currency = event.properties[currencyProperty]
        if (currency === normalizedCurrency) {
            event.properties[resultProperty] = amount
        } else if (currency) {
            await fetchRatesIfNeeded(cache, config)
            const rates = await cache.get('currency_rates')
            if (rates && rates[normalizedCurrency] && rates[currency]) {
                event.properties[resultProperty] = roundToDigits((amount * rates[normalizedCurrency]) / rates[currency], 4)
            }
        }
    }
    return event
}

async function runEveryHour({ cache, config }) {
    await cache.set('currency_rates_fetched_at', 0)
    await fetchRatesIfNeeded(cache, config)
}

async function fetchRatesIfNeeded(cache, config) {
    const now = new Date().getTime()
    const fetchedAt = await cache.get('currency_rates_fetched_at', 0)
    if (!fetchedAt || parseInt(fetchedAt) < now - ONE_DAY) {
        try {
            const url = `${HOOK}/api/latest.json?app_id=${config.apiKey}`
            const response = await fetch(url)
            const json = await response.json()
            if (json && json['rates']) {
                cache.set('currency_rates', json['rates'])
                cache.set('currency_rates_fetched_at', now)
            } else {
                throw new Error('Error fetching currency rates!')
            }
        } catch (e) {
            console.error(e)
        }
    }
}

const roundToDigits = (number, digits) => Math.round(number * Math.pow(10, digits)) / Math.pow(10, digits)
