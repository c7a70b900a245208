/** @jsxImportSource #jsx */
import type { Frame } from "./frame.ts";
import { THEMES } from "./frame.ts";
import { PostForm } from "./form.tsx";
import { SPIKES } from "./mark.ts";

/** The admin's pages, in the order of the navigation. `key` opens one after `g`, where scripts run. */
const SECTIONS = [
  { section: "overview", path: "", label: "Overview", key: "o" },
  { section: "apps", path: "/apps", label: "Apps", key: "a" },
  { section: "events", path: "/events", label: "Live events", key: "e" },
  { section: "destinations", path: "/destinations", label: "Destinations", key: "t" },
  { section: "letters", path: "/dead-letters", label: "Dead letters", key: "d" },
  { section: "audit", path: "/audit", label: "Audit list", key: "u" },
  { section: "projects", path: "/projects", label: "Projects & settings", key: "p" },
] as const;

export type Section = (typeof SECTIONS)[number]["section"];

/** The pages, the session's name, and the choice of colours. */
export function Nav({ frame, section }: { frame: Frame; section: Section | null }) {
  const { base, visitor, theme } = frame;
  return (
    <header class="bar">
      <a class="brand" href={base}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d={SPIKES} />
        </svg>
        Edgehog
      </a>
      <nav aria-label="Admin">
        <ul>
          {SECTIONS.map((entry) => (
            <li>
              <a
                href={base + entry.path}
                aria-current={entry.section === section ? "page" : undefined}
                data-key={entry.key}
                title={`g then ${entry.key}`}
              >
                {entry.label}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <footer>
        <PostForm frame={frame} action="/theme" class="themes" label="Colours">
          {THEMES.map((name) => (
            <button name="theme" value={name} aria-pressed={String(name === theme)}>
              {name}
            </button>
          ))}
        </PostForm>
        {visitor ? (
          <PostForm frame={frame} action="/logout" class="visitor">
            <span>
              {visitor.name}
              {visitor.access === "read" ? <small> may only look</small> : null}
            </span>
            <button>Log out</button>
          </PostForm>
        ) : null}
      </footer>
    </header>
  );
}
