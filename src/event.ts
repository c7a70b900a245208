/** JSON object properties as an SDK sent them. Values are whatever JSON holds, or what an app put there. */
export type Properties = Record<string, unknown>;

/**
 * An event as a client sent it, plus what the gateway knows of its arrival. This is what `processEvent` sees:
 * `timestamp`, `sent_at` and `offset` are raw, time is normalised only after the last app (decisions 18a).
 */
export interface PluginEvent {
  /** Lower-case UUID: the client's own, or a version 7 one made at arrival. */
  uuid: string;
  event: string;
  distinct_id: string;
  /** Absent when the client sent none. */
  properties?: Properties;
  /** As sent: any date text, unparsed. */
  timestamp?: string;
  /** Milliseconds between the event and its dispatch, as sent. */
  offset?: number;
  /** ISO time of dispatch on the client's clock, from the envelope, the event or the query. */
  sent_at?: string;
  $set?: Properties;
  $set_once?: Properties;
  /** ISO time at which the gateway received the request. */
  now: string;
  /** The client's address; null when it is not known or the event was made by an app. */
  ip: string | null;
  /** Origin of the gateway, as PostHog's `site_url`. */
  site_url: string;
  team_id: number;
}

/** What capture hands on: the usable events of one request, all of one project. */
export interface CapturedBatch {
  /** The project's API token. */
  project: string;
  events: PluginEvent[];
  /** uuids that the client chose itself; only these take part in deduplication (decisions 29). */
  clientUuids: ReadonlySet<string>;
  historicalMigration: boolean;
  /**
   * Identity of the request's content, the same when an SDK sends it again: 43 characters without colons. Absent unless
   * the client chose every uuid. It names the request and not what the apps make of it.
   */
  requestId?: string;
  /** Capture v1: a time in the future stands where the client asked for no correction of its clock. */
  allowFuture?: boolean;
}

/** City-level location of one address, as the platform reported it when the event arrived. Travels with the event. */
export interface ClientLocation {
  ip: string;
  city?: string;
  continent?: string;
  country?: string;
  latitude?: number;
  longitude?: number;
  postalCode?: string;
  region?: string;
  regionCode?: string;
  timezone?: string;
}

/** What a platform knows of the client behind a request. */
export interface Client {
  ip: string | null;
  /** Where it is, on platforms that know. Some work: only for what apps will see. */
  location?(): ClientLocation | null;
}
