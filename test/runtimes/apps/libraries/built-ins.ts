import assert from "assert";
import * as bufferModule from "buffer";
import crypto, { createHash, createHmac, randomBytes } from "crypto";
import * as cryptoNamespace from "node:crypto";
import { EventEmitter } from "events";
import path from "path";
import querystring from "querystring";
import { PassThrough, Readable } from "stream";
import { StringDecoder } from "string_decoder";
import url, { URL as ImportedURL, URLSearchParams, format, parse } from "url";
import util from "util";
import zlib, { gzipSync } from "zlib";

const required = require("crypto");

async function collect(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

/** By library, its members at work; results are the same everywhere. */
export const builtIns: Record<string, Record<string, () => unknown>> = {
  crypto: {
    "one module": () => crypto === cryptoNamespace && crypto === required && crypto.createHash === createHash,
    createHash: () => createHash("md5").update("a").digest("hex"),
    createHmac: () => createHmac("sha256", "key").update("a").digest("base64"),
    randomBytes: () => randomBytes(12).toString("hex").length,
    randomUUID: () => crypto.randomUUID().length,
    timingSafeEqual: () => crypto.timingSafeEqual(Buffer.from("a"), Buffer.from("a")),
    pbkdf2Sync: () => crypto.pbkdf2Sync("a", "b", 10, 16, "sha1").toString("hex"),
    createSign() {
      const { privateKey, publicKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
      const signature = crypto.createSign("RSA-SHA256").update("a").sign(privateKey, "base64");
      return crypto.createVerify("RSA-SHA256").update("a").verify(publicKey, signature, "base64");
    },
    createCipheriv() {
      const [key, iv] = [randomBytes(32), randomBytes(16)];
      const cipher = crypto.createCipheriv("aes-256-cbc", key, iv);
      const secret = cipher.update("secret", "utf8", "hex") + cipher.final("hex");
      const decipher = crypto.createDecipheriv("aes-256-cbc", key, iv);
      return decipher.update(secret, "hex", "utf8") + decipher.final("utf8");
    },
  },
  url: {
    parse: () => [parse("http://a.b:80/c?d=e#f", true).query.d, url.parse("/x?y=1").search],
    format: () => format({ protocol: "http", host: "a.b", pathname: "/x", query: { y: 1 } }),
    resolve: () => url.resolve("http://a.b/c/d", "../e"),
    URL: () => [new ImportedURL("/x", "http://a.b").href, ImportedURL === URL],
    URLSearchParams: () => new URLSearchParams({ a: "b c" }).toString(),
  },
  zlib: {
    gzipSync: () => zlib.gunzipSync(gzipSync("text")).toString(),
    deflateSync: () => zlib.inflateSync(zlib.deflateSync("text")).toString(),
    brotliCompressSync: () => zlib.brotliDecompressSync(zlib.brotliCompressSync("text")).toString(),
    promisified: async () => {
      const zipped = await util.promisify(zlib.gzip)("text");
      return (await util.promisify<Buffer, Buffer>(zlib.gunzip)(zipped)).toString();
    },
    streamed: () => collect(Readable.from([gzipSync("text")]).pipe(zlib.createGunzip())),
  },
  stream: {
    PassThrough: () => {
      const through = new PassThrough();
      through.write("a");
      through.end("b");
      return collect(through);
    },
    Readable: () => collect(Readable.from(["a", "b"])),
  },
  buffer: {
    Buffer: () => [bufferModule.Buffer === Buffer, bufferModule.Buffer.from("aGk=", "base64").toString()],
    isBuffer: () => Buffer.isBuffer(Buffer.alloc(1)),
  },
  util: {
    inspect: () => util.inspect({ a: [1] }),
    format: () => util.format("%s %d", "a", 1),
    "types.isDate": () => util.types.isDate(new Date(0)),
  },
  events: {
    EventEmitter: () => {
      const heard: unknown[] = [];
      const emitter = new EventEmitter();
      emitter.once("a", (value) => heard.push(value));
      emitter.emit("a", 1);
      emitter.emit("a", 2);
      return heard;
    },
  },
  path: { join: () => path.join("/a", "../b"), extname: () => path.extname("a.csv") },
  querystring: {
    parse: () => ({ ...querystring.parse("a=1&a=2&b=%20") }),
    stringify: () => querystring.stringify({ a: [1, 2], b: " " }),
  },
  assert: {
    equal: () => assert.strictEqual(1, 1) === undefined,
    fails: () => assert(false, "as it should"),
  },
  string_decoder: { write: () => new StringDecoder("utf8").write(Buffer.from("ü")) },
};
