/** Lines by which an SDK sends its events here. */
export interface Snippet {
  label: string;
  text: string;
}

/**
 * What people copy into their code, for one project. `host` is this gateway's address; `posthogHost` says where PostHog's own
 * pages are, for the toolbar and for links.
 */
export function snippetsFor(token: string, host: string, posthogHost: string | null): Snippet[] {
  const [t, h] = [JSON.stringify(token), JSON.stringify(host)];
  const uiHost = posthogHost === null ? "" : `,\n  ui_host: ${JSON.stringify(pagesOf(posthogHost))}`;
  return [
    {
      label: "posthog-js",
      text: `import posthog from "posthog-js";\n\nposthog.init(${t}, {\n  api_host: ${h}${uiHost},\n});`,
    },
    {
      label: "Node",
      text: `import { PostHog } from "posthog-node";\n\nconst posthog = new PostHog(${t}, {\n  host: ${h},\n});`,
    },
    {
      label: "Python",
      text: `from posthog import Posthog\n\nposthog = Posthog(\n    ${t},\n    host=${h},\n)`,
    },
    {
      label: "React Native",
      text: `import PostHog from "posthog-react-native";\n\nconst posthog = new PostHog(${t}, {\n  host: ${h},\n});`,
    },
    {
      label: "iOS",
      text: `let config = PostHogConfig(\n  apiKey: ${t},\n  host: ${h}\n)\nPostHogSDK.shared.setup(config)`,
    },
    {
      label: "Android",
      text: `val config = PostHogAndroidConfig(\n  apiKey = ${t},\n  host = ${h}\n)\nPostHogAndroid.setup(this, config)`,
    },
    {
      label: "curl",
      text: `curl ${shellQuoted(`${host}/i/v0/e/`)} \\\n  -H "Content-Type: application/json" \\\n  -d ${shellQuoted(
        JSON.stringify({ api_key: token, event: "hello", distinct_id: "me" }),
      )}`,
    },
  ];
}

/** PostHog's pages are not where its events go: `us.i.posthog.com` takes them for `us.posthog.com`. */
function pagesOf(posthogHost: string): string {
  return posthogHost.replace(/^https:\/\/(\w+)\.i\.posthog\.com$/, "https://$1.posthog.com");
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The address to copy: `PUBLIC_URL`, unless that is this machine's own and the viewer came by another, as on Node with the
 * embedded stack.
 */
export function addressFor(publicUrl: string, requestUrl: string): string {
  const seen = new URL(requestUrl);
  return isLoopback(new URL(publicUrl)) && !isLoopback(seen) ? seen.origin : publicUrl;
}

function isLoopback({ hostname }: URL): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}
