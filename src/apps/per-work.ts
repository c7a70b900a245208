import { currentInvocation, requireInvocation, type Scope } from "./scope.ts";

/** How long what is still in use may go on after the end of its work, before it is closed all the same. */
export const CLOSE_GRACE_MS = 5000;

/** One real object for each piece of work, behind an object that an app keeps for longer. */
export interface PerWork<Real> {
  /** That of the work under way, opened at first use. Throws where there is none: while an app is being loaded. */
  current(): Real;
  /** That of the work under way, if it has one. */
  existing(): Real | undefined;
  /** Makes an object that exists already that of the work under way. */
  adopt(real: Real): void;
  /** Forgets the one of the work under way, without closing it. */
  forget(): void;
}

/**
 * What makes a pool or a connection in an app's `global` last: on Workers a socket belongs to the request that opened
 * it, so that none is ever used by another piece of work. The same holds on Node and Deno: an app behaves alike
 * everywhere, nothing stays open between requests, and a server's restart breaks no later one. It costs a connection
 * for each piece of work that needs one, and nothing for those that do not.
 *
 * `close` is called when the work has ended. It calls `forget` as soon as the object takes no more work, so that what an
 * app still runs in the background gets a new one.
 */
export function createPerWork<Real>(
  what: string,
  { open, close }: { open: () => Real; close: (real: Real, forget: () => void) => Promise<void> },
): PerWork<Real> {
  const opened = new WeakMap<Scope, Real>();

  function keep(scope: Scope, real: Real): Real {
    const isKept = () => opened.get(scope) === real;
    const forget = () => {
      if (isKept()) opened.delete(scope);
    };
    opened.set(scope, real);
    scope.atEnd(async () => {
      if (isKept()) await close(real, forget);
    });
    return real;
  }

  return {
    current() {
      const { scope } = requireInvocation(what);
      return opened.get(scope) ?? keep(scope, open());
    },
    existing() {
      const scope = currentInvocation.getStore()?.scope;
      return scope && opened.get(scope);
    },
    adopt(real) {
      keep(requireInvocation(what).scope, real);
    },
    forget() {
      const scope = currentInvocation.getStore()?.scope;
      if (scope) opened.delete(scope);
    },
  };
}
