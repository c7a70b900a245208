import { version } from "../../version.ts";
import { type Operation, operationObject } from "./operation.ts";
import { answers, bodies, queries } from "./schemas.ts";

/** Every operation of `/admin/api`, by method and path. */
const operations: Readonly<Record<string, Operation>> = {
  "GET /apps": {
    summary: "Apps with their state and configuration",
    query: queries.project,
    answers: { 200: { description: "In chain order.", schema: answers.apps } },
  },
  "GET /apps/{plugin}": {
    summary: "One app",
    query: queries.project,
    answers: { 200: { description: "The app.", schema: answers.app } },
    refusals: [404],
  },
  "GET /apps/{plugin}/health": {
    summary: "How an app does: what its hooks did within a day, and the last error of each",
    query: queries.project,
    answers: {
      200: { description: "Also degraded, which GET /apps does not tell.", schema: answers.health },
    },
    refusals: [404],
  },
  "PATCH /apps/{plugin}": {
    summary: "Enables, disables, moves or configures an app",
    query: queries.project,
    body: bodies.appChange,
    answers: { 200: { description: "The app as it is now.", schema: answers.app } },
    refusals: [404],
  },
  "PUT /apps/{plugin}/attachments/{key}": {
    summary: "Uploads a file for a field of type attachment; the body as it is, or file of a form",
    query: { ...queries.project, name: { type: "string" } },
    answers: { 200: { description: "The app as it is now.", schema: answers.app } },
    refusals: [404, 413],
  },
  "DELETE /apps/{plugin}/attachments/{key}": {
    summary: "Goes back to the file of the app's folder",
    query: queries.project,
    answers: { 200: { description: "The app as it is now.", schema: answers.app } },
    refusals: [404],
  },
  "POST /apps/{plugin}/test": {
    summary: "Tries an app on an event, without consequences unless send is true",
    query: queries.project,
    body: bodies.trial,
    answers: { 200: { description: "What became of the event, and the app's log." } },
    refusals: [404, 409],
  },
  "GET /apps.json": {
    summary: "A project's apps as a file, without secrets",
    query: queries.project,
    answers: { 200: { description: "In the form of plugins/apps.json." } },
    refusals: [404],
  },
  "PUT /apps.json": {
    summary: "Takes such a file back",
    query: queries.project,
    body: { type: "object" },
    answers: { 200: { description: "The file as it would be now." } },
    refusals: [404],
  },
  "GET /audit": {
    summary: "Who did what in the admin, newest first",
    query: queries.audit,
    answers: { 200: { description: "A page.", schema: answers.audit } },
  },
  "POST /apps/{plugin}/run": {
    summary: "Runs a scheduled task or a public job now",
    query: queries.project,
    body: bodies.run,
    answers: { 202: { description: "It was started.", schema: answers.started } },
    refusals: [404, 409],
  },
  "GET /apps/{plugin}/logs": {
    summary: "An app's log, newest entries first",
    query: queries.log,
    answers: { 200: { description: "A page.", schema: answers.log } },
    refusals: [404],
  },
  "GET /apps/{plugin}/state": {
    summary: "Counts the keys that an app has in Redis, by kind",
    query: queries.state,
    answers: {
      200: { description: "Of a part of Redis, unless cursor is null.", schema: answers.state },
    },
    refusals: [404],
  },
  "DELETE /apps/{plugin}/state": {
    summary: "Deletes what an app has in Redis",
    query: queries.state,
    answers: {
      200: { description: "Of a part of Redis, unless cursor is null.", schema: answers.deletedState },
    },
    refusals: [404],
  },
  "GET /buffers": {
    summary: "What waits for exportEvents and for onFlush of createBuffer",
    query: queries.project,
    answers: {
      200: { description: "Those due first; more than 1,000 are not shown.", schema: answers.buffers },
    },
  },
  "DELETE /buffers/{plugin}": {
    summary: "Deletes what waits in a buffer",
    query: queries.buffer,
    answers: { 200: { description: "How many events there were.", schema: answers.deleted } },
    refusals: [404],
  },
  "POST /buffers/{plugin}/flush": {
    summary: "Brings what waits in a buffer to its app now",
    query: queries.buffer,
    answers: { 202: { description: "A message is on its way.", schema: answers.started } },
    refusals: [404, 409],
  },
  "GET /deadletters": {
    summary: "Dead letters, newest first",
    query: queries.letters,
    answers: {
      200: { description: "A page, which may hold fewer while cursor is not null.", schema: answers.letters },
    },
    refusals: [404],
  },
  "GET /deadletters/{id}": {
    summary: "One dead letter with what is in it",
    answers: { 200: { description: "The letter.", schema: answers.letter } },
    refusals: [404],
  },
  "POST /deadletters/replay": {
    summary: "Brings dead letters to where they failed",
    body: bodies.letters,
    answers: {
      202: { description: "How many are on their way so far, and which stay.", schema: answers.replay },
    },
    refusals: [404],
  },
  "GET /deadletters/replays/{id}": {
    summary: "How far a replay is",
    answers: { 200: { description: "Numbers of letters.", schema: answers.replayState } },
    refusals: [404],
  },
  "DELETE /deadletters": {
    summary: "Deletes dead letters",
    body: bodies.letters,
    answers: {
      200: { description: "How many; ask again while there are more.", schema: answers.deletedLetters },
    },
    refusals: [404],
  },
  "GET /destinations": {
    summary: "Where events go, and how that does",
    query: queries.project,
    answers: { 200: { description: "PostHog and hooks.", schema: answers.destinations } },
  },
  "POST /destinations/{hook}/resume": {
    summary: "Takes PostHog for mended: hook is posthog",
    query: queries.project,
    answers: { 200: { description: "The destination as it is now." } },
    refusals: [404],
  },
  "POST /destinations/{hook}/{plugin}/resume": {
    summary: "Takes an app's hook for mended",
    query: queries.project,
    answers: { 200: { description: "The destination as it is now." } },
    refusals: [404],
  },
  "GET /events": {
    summary: "Sampled events with what became of them, newest first",
    query: queries.stories,
    answers: { 200: { description: "A page.", schema: answers.stories } },
    refusals: [404],
  },
  "GET /events/{id}": {
    summary: "One sampled event, also as each app left it",
    query: queries.project,
    answers: { 200: { description: "Its story.", schema: answers.story } },
    refusals: [404],
  },
  "GET /metrics": {
    summary: "What became of events, by hour; in Prometheus' text format since the beginning",
    query: queries.metrics,
    answers: { 200: { description: "Counts.", schema: answers.metrics, text: true } },
  },
  "GET /projects": {
    summary: "The projects served; where any is, those that sent something within a day",
    answers: { 200: { description: "By token.", schema: answers.projects } },
  },
  "GET /settings": {
    summary: "The settings in force, without secrets",
    answers: { 200: { description: "By name.", schema: answers.settings } },
  },
  "GET /health": {
    summary: "Whether Redis, QStash and PostHog answer",
    answers: { 200: { description: "Asked just now.", schema: answers.services } },
  },
  "GET /openapi.json": {
    summary: "This document",
    answers: { 200: { description: "OpenAPI 3.1." } },
  },
};

/** The OpenAPI document of `/admin/api`, without the address of a server. The compiler takes it along, packed. */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const [method = "", path = ""] = name.split(" ");
    (paths[path] ??= {})[method.toLowerCase()] = operationObject(path, operation);
  }
  return {
    openapi: "3.1.0",
    info: { title: "Edgehog admin API", version },
    security: [{ adminToken: [] }],
    components: {
      securitySchemes: { adminToken: { type: "http", scheme: "bearer", description: "The ADMIN_TOKEN." } },
      schemas: { Error: answers.error },
    },
    paths,
  };
}
