import { generateKeyPairSync } from "crypto";
import jwt, { TokenExpiredError } from "jsonwebtoken";

/** jsonwebtoken at work; results are the same everywhere. */
export const tokens: Record<string, Record<string, () => unknown>> = {
  jsonwebtoken: {
    HS256: () => (jwt.verify(jwt.sign({ a: 1 }, "secret"), "secret") as { a: number }).a,
    RS256: () => {
      const { privateKey, publicKey } = generateKeyPairSync("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
      });
      const token = jwt.sign({ iss: "me" }, privateKey, { algorithm: "RS256", expiresIn: "1h", keyid: "k" });
      const { header, payload } = jwt.verify(token, publicKey, { complete: true }) as jwt.Jwt;
      return [header.alg, header.kid, (payload as jwt.JwtPayload).iss];
    },
    callback: () =>
      new Promise((resolve) =>
        jwt.sign({ a: 1 }, "secret", {}, (_, token) => jwt.verify(token ?? "", "secret", {}, (error) => resolve(error))),
      ),
    decode: () => jwt.decode("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJhIjoxfQ.x"),
    expired: () => {
      try {
        return jwt.verify(jwt.sign({ exp: 1 }, "secret"), "secret");
      } catch (error) {
        const { name, message, expiredAt } = error as TokenExpiredError;
        return [name, message, error instanceof TokenExpiredError, expiredAt.getTime()];
      }
    },
    "not before": () => jwt.verify(jwt.sign({ nbf: 4e9 }, "secret"), "secret"),
    forged: () => jwt.verify(jwt.sign({}, "other"), "secret"),
    malformed: () => jwt.verify("none", "secret"),
  },
};
