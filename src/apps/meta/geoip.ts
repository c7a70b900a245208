import { type City, cityOf } from "../../geoip/city.ts";
import { currentInvocation } from "../scope.ts";

/**
 * Looks an address up in a database; null where there is none, or where it does not know the address. Never rejects. It may
 * take time: a database need not be in memory.
 */
export type LocateInDatabase = (ip: string) => City | null | Promise<City | null>;

/** `meta.geoip`: never rejects; null for what is unknown or no address (decisions 12). No command, no request. */
export interface AppGeoip {
  locate(ip: string): Promise<City | null>;
}

/** For the client's address answers what the platform knew when its event arrived, for all others a database. */
export function createAppGeoip(locateInDatabase: LocateInDatabase): AppGeoip {
  return {
    async locate(ip) {
      const location = currentInvocation.getStore()?.scope.locations.get(ip);
      return location ? cityOf(location) : locateInDatabase(String(ip));
    },
  };
}
