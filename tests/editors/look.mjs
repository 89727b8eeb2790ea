// Says what the service behind an editor has against files: node look.mjs json|yaml SCHEMA FILE…, as JSON by file.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [form, schema, ...files] = process.argv.slice(2);
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const { TextDocument } = require("vscode-languageserver-textdocument");
const url = pathToFileURL(schema).href;
const read = async (address) => readFileSync(new URL(address), "utf8");

async function jsonService() {
  const { getLanguageService } = require("vscode-json-languageservice");
  const service = getLanguageService({ schemaRequestService: read });
  service.configure({ schemas: [{ uri: url, fileMatch: ["*"] }] });
  return (document) => service.doValidation(document, service.parseJSONDocument(document), { schemaValidation: "error" });
}

async function yamlService() {
  const { getLanguageService } = require("yaml-language-server");
  const telemetry = { send() {}, sendError() {}, sendTrack() {} };
  const service = getLanguageService({ schemaRequestService: read, workspaceContext: {}, telemetry });
  service.configure({ validate: true, hover: true, completion: true, schemas: [{ uri: url, fileMatch: ["*"] }], yamlVersion: "1.2" });
  return (document) => service.doValidation(document, false);
}

const look = await (form === "json" ? jsonService() : yamlService());
const found = {};
for (const file of files) {
  const document = TextDocument.create(pathToFileURL(file).href, form, 1, readFileSync(file, "utf8"));
  found[file] = (await look(document)).map((one) => one.message);
}
console.log(JSON.stringify(found));
