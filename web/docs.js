// Renders openapi.json: one section per tag, one entry per operation. Texts are only ever set as text.

const METHODS = ["get", "post", "put", "patch", "delete"];

const spec = await load();

/** The description; without it, says on the page why it is not there. */
async function load() {
  try {
    const response = await fetch("/manage/openapi.json");
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return await response.json();
  } catch (error) {
    const about = document.getElementById("about");
    about.setAttribute("role", "alert");
    about.textContent = `The description could not be loaded (${error.message}). Reload the page to try again.`;
    throw error;
  }
}

/** An element with its children: strings become text. */
function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

function resolve(node) {
  if (!node || !node.$ref) return node;
  return node.$ref.split("/").slice(1).reduce((part, key) => part[key], spec);
}

function nameOf(node) {
  return node.$ref ? node.$ref.split("/").pop() : undefined;
}

/** What a schema allows, in a few words. */
function type(schema) {
  if (!schema) return "";
  if (schema.$ref) return nameOf(schema);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map(type).join(" | ");
  const kinds = [schema.type ?? []].flat();
  const words = kinds.map((kind) => (kind === "array" ? `[${type(schema.items)}]` : kind));
  return words.join(" | ") + (schema.format ? ` (${schema.format})` : "");
}

function rule(schema) {
  const words = [];
  if (schema.description) words.push(schema.description);
  if (schema.minimum !== undefined) words.push(`From ${schema.minimum}.`);
  if (schema.maximum !== undefined) words.push(`To ${schema.maximum}.`);
  if (schema.pattern) words.push(`Pattern: ${schema.pattern}`);
  return words.join(" ");
}

function table(titles, rows) {
  const head = element("tr", {}, ...titles.map((title) => element("th", { scope: "col" }, title)));
  const body = rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
}

function fields(schema) {
  const found = resolve(schema);
  if (!found || !found.properties) return [];
  const required = new Set(found.required ?? []);
  const rows = Object.entries(found.properties).map(([name, field]) => [
    element("code", {}, name), type(field), required.has(name) ? "always" : "",
    rule(field.$ref ? { ...resolve(field), ...field } : field),
  ]);
  return [table(["Field", "Type", "There", ""], rows)];
}

function parameters(operation) {
  const rows = (operation.parameters ?? []).map(resolve).map((parameter) => [
    element("code", {}, parameter.name), parameter.in, type(parameter.schema), parameter.description ?? "",
  ]);
  return rows.length ? [element("h3", {}, "Parameters"), table(["Name", "In", "Type", ""], rows)] : [];
}

function body(operation) {
  const content = operation.requestBody?.content ?? {};
  return Object.entries(content).flatMap(([media, { schema }]) => {
    const example = resolve(schema)?.examples?.[0];
    return [
      element("h3", {}, `Body: ${nameOf(schema) ?? ""} `, element("span", { class: "quiet" }, media)),
      ...fields(schema),
      ...(example ? [element("h3", {}, "Example"), element("pre", {}, JSON.stringify(example, null, 2))] : []),
    ];
  });
}

function answers(operation) {
  const rows = Object.entries(operation.responses).map(([status, node]) => {
    const answer = resolve(node);
    const media = Object.entries(answer.content ?? {});
    const what = media.map(([name, { schema }]) => `${nameOf(schema) ?? ""} ${name}`.trim()).join(", ");
    return [element("code", {}, status), answer.description, what];
  });
  const shown = Object.values(operation.responses["200"]?.content ?? operation.responses["201"]?.content ?? {})[0];
  const parts = shown ? fields(shown.schema) : [];
  return [
    element("h3", {}, "Answers"), table(["Status", "When", "With"], rows),
    ...(parts.length ? [element("h3", {}, `Fields of ${nameOf(shown.schema)}`), ...parts] : []),
  ];
}

function needs(operation) {
  const scheme = Object.keys(operation.security?.[0] ?? {})[0];
  if (!scheme) return "Anyone may ask.";
  return resolve({ $ref: `#/components/securitySchemes/${scheme}` }).description;
}

function entry(method, path, operation) {
  return element(
    "details", { id: operation.operationId },
    element(
      "summary", {}, element("code", { class: `method ${method}` }, method.toUpperCase()), " ",
      element("code", { class: "path" }, path), " ", element("span", { class: "about" }, operation.summary)),
    element("p", {}, operation.description ?? "", " ", element("span", { class: "quiet" }, needs(operation))),
    ...parameters(operation), ...body(operation), ...answers(operation));
}

/** A link into the page opens what it leads to. */
function open() {
  const target = document.getElementById(location.hash.slice(1));
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
  }
}

document.getElementById("about").textContent = spec.info.description;
const contents = element("ul", {});
const operations = document.getElementById("operations");
for (const { name } of spec.tags) {
  const id = name.toLowerCase().replaceAll(" ", "-");
  contents.append(element("li", {}, element("a", { href: `#${id}` }, name)));
  operations.append(element("h2", { id }, name));
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const method of METHODS) {
      if (item[method]?.tags.includes(name)) operations.append(entry(method, path, item[method]));
    }
  }
}
document.getElementById("contents").append(contents);
addEventListener("hashchange", open);
open();
