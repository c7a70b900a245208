import { describe, expect, test } from "vitest";
import { HEAVY, INSTALLED, SUPPLIED } from "./documented-imports.ts";
import { faultsOf, propertiesAfter } from "./deploy.ts";

const evaluate = async (load: string, member: string) =>
  (
    await propertiesAfter(
      `${load}\nexport const processEvent = (event) => (event.properties.type = typeof ${member}, event)`,
      { withPackages: true },
    )
  )?.["type"];

describe("every package that PostHog documented", () => {
  test.each([...SUPPLIED, ...INSTALLED])(
    "is there by import and by require: %s [76]",
    async (name, member, type) => {
      expect(await evaluate(`import * as library from '${name}'`, `library.${member}`)).toBe(type);
      expect(await evaluate(`const library = require('${name}')`, `library.${member}`)).toBe(type);
    },
  );

  test.each(HEAVY)("or is named by the build, with what to install: %s [76]", async (name, install) => {
    const faults = await faultsOf({ app: `import * as library from '${name}'\nlibrary.x` });
    expect(faults).toContain("plugins/app/index.js:1:1 [app]");
    expect(faults).toContain(install);
  });

  test("jsonwebtoken, which PostHog gave apps before it documented imports, signs [75]", async () => {
    const app = `import jwt from 'jsonwebtoken'
      export const processEvent = (event) => (event.properties.found = ['sign' in jwt, jwt.verify(jwt.sign({ a: 1 }, 'key'), 'key').a], event)`;
    expect(await propertiesAfter(app, { withPackages: true })).toMatchObject({ found: [true, 1] });
  });
});
