/** The Worker of the workerd driver: the bundle's extensions, loaded by name. Nothing is compiled here. */
import adapter from "./adapter.wasm";
import engine from "./engine.wasm";
import { extensions } from "./index.js";
import { Session } from "./session.mjs";
import { open } from "./sqlink/core.js";

const byName = new Map(extensions.map((extension) => [extension.name, extension]));

const session = new Session(
  (options) => open({ ...options, engine, adapter }),
  (connection, { name }, options) => connection.loadExtension(byName.get(name), { ...options, name: undefined }),
);

export default {
  async fetch(request) {
    return Response.json(await session.answer(await request.json()));
  },
};
