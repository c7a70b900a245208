import { Plugin, PluginMeta } from '@posthog/plugin-scaffold'

const defaultProps = {
    city_name: null,
    country_name: null,
    country_code: null,
    continent_name: null,
    continent_code: null,
    postal_code: null,
    latitude: null,
    longitude: null,
    time_zone: null,
    subdivision_1_code: null,
    subdivision_1_name: null,
}

type GeoPlugin = Plugin<{ global: Record<string, never> }>

const plugin: GeoPlugin = {
    processEvent: async (event, { geoip }: PluginMeta<GeoPlugin>) => {
        if (!geoip) {
            throw new Error('This PostHog version does not have GeoIP capabilities! Upgrade to PostHog 1.24.0 or later')
        }
        let ip = event.properties?.$ip || event.ip
        if (ip && !event.properties?.$geoip_disable) {
            ip = String(ip)
            if (ip === '127.0.0.1') {
                ip = '203.0.113.7'
            }
            const response = await geoip.locate(ip)
            if (response) {
                const location: Record<string, any> = {}
                if (response.city) {
                    location['city_name'] = response.city.names?.en
                }
                if (response.country) {
                    location['country_name'] = response.country.names?.en
                    location['country_code'] = response.country.isoCode
                }
                if (response.subdivisions) {
                    for (const [index, subdivision] of response.subdivisions.entries()) {
                        location[`subdivision_${index + 1}_code`] = subdivision.isoCode
                    }
                }
                if (!event.properties) {
                    event.properties = {}
                }
                let setProps: Record<string, any> = {}
                let setOnceProps: Record<string, any> = {}
                for (const [property, value] of Object.entries(defaultProps)) {
                    setProps[`$geoip_${property}`] = value
                    setOnceProps[`$initial_geoip_${property}`] = value
                }
                for (const [key, value] of Object.entries(location)) {
                    event.properties[`$geoip_${key}`] = value
                    setProps[`$geoip_${key}`] = value
                    setOnceProps[`$initial_geoip_${key}`] = value
                }
                event.$set = { ...setProps, ...event.$set }
                event.$set_once = { ...setOnceProps, ...event.$set_once }
            }
        }
        return event
    },
}

module.exports = plugin
