/** The warm servers of this worker: found by what they serve, a few at a time, the least recently used one ended first. */
import { errorCode } from '../filesystem/lock-file-system.ts';
import type { Command } from '../process/command.ts';
import { CommandNotStarted } from '../process/errors.ts';
import type { PythonEnvironment } from '../python/environment.ts';
import { knownPlacement, nextPlacement, type Placement } from './placement.ts';
import type { WarmSettings } from './python-users.ts';
import { WarmServer } from './warm-server.ts';

export interface ServerRequest {
  /** Everything but the environment that simulations must have in common to share a server. */
  readonly key: string;
  /** How a server for them is started; its environment is that of the first simulation. */
  readonly command: Command;
  readonly settings: WarmSettings;
  readonly isLocal: boolean;
  /** What it runs with. */
  readonly python: PythonEnvironment;
}

/** Each keeps a Python with cocotb in memory, some 40 MB. More may be at work at a time. */
const mostServers = 4;

/** In order of use, latest last. */
const servers = new Map<WarmServer, string>();
/** Not ready yet to take another's place. */
const successors = new Set<WarmServer>();
const starting = new Map<string, Promise<void>>();
/** Why no server can be had for a key: not tried again. */
const refusals = new Map<string, string>();

/**
 * A server for a simulation, ready to take it, or why there can be none.
 *
 * @throws CommandNotStarted
 */
export async function findServer(request: ServerRequest): Promise<WarmServer | { readonly refusal: string }> {
  for (;;) {
    const refusal = refusals.get(request.key);
    if (refusal !== undefined) return { refusal };
    const server = pick(request);
    if (server !== undefined) return server;
    // All wait for the same promise, so that they go on in the order in which they came. Its environment may turn out not to suit, so look again.
    if (!starting.has(request.key)) startServer(request);
    await starting.get(request.key);
  }
}

/** Has no server be tried again for simulations of this kind. */
export function refuseServers({ key }: ServerRequest, reason: string): void {
  refusals.set(key, reason);
}

/** Has nobody find this server again; it ends when it has nothing under way. */
export function dropServer(server: WarmServer): void {
  servers.delete(server);
  server.retire();
}

/** Ends all servers of this worker that have nothing under way, and the others when they are done. */
export function endWarmServers(): void {
  for (const server of [...servers.keys()]) dropServer(server);
  for (const server of successors) server.retire();
}

function pick({ key, command }: ServerRequest): WarmServer | undefined {
  for (const [server, itsKey] of servers) {
    if (server.isGone) servers.delete(server);
    else if (itsKey === key && server.suits(command.env)) {
      servers.delete(server);
      servers.set(server, key);
      return server;
    }
  }
  return undefined;
}

function startServer(request: ServerRequest): void {
  const started = addServer(request).finally(() => starting.delete(request.key));
  starting.set(request.key, started);
}

async function addServer(request: ServerRequest): Promise<void> {
  const placement = await knownPlacement(request);
  let server = await startWith(placement, request, true);
  let refusal = await server.ready;
  if (refusal !== undefined && placement !== undefined) {
    server.retire();
    server = await startWith(undefined, request, true);
    refusal = await server.ready;
  }
  if (refusal === undefined) {
    add(server, request);
  } else {
    refusals.set(request.key, refusal);
    server.retire();
  }
}

async function startWith(
  placement: Placement | undefined,
  { command, settings, isLocal }: ServerRequest,
  isAwaited: boolean,
): Promise<WarmServer> {
  return WarmServer.start(command, { ...settings, placement }, { isLocal, isAwaited });
}

function add(server: WarmServer, request: ServerRequest): void {
  servers.set(server, request.key);
  endLeastUsed();
  void server.replaceable.then(() => replaceServer(server, request));
}

/** Has one that is faster take a server's place. Where none can be had, nothing is lost: the old one goes on. */
async function replaceServer(old: WarmServer, request: ServerRequest): Promise<void> {
  try {
    const placement = await nextPlacement(request);
    if (placement === undefined || !servers.has(old)) return;
    const server = await startWith(placement, request, false);
    successors.add(server);
    const refusal = await server.ready;
    successors.delete(server);
    if (refusal === undefined && servers.has(old)) {
      // Before there is one more, for which another would have to go.
      dropServer(old);
      add(server, request);
    } else {
      server.retire();
    }
  } catch (error) {
    // Such as a cache folder that may not be written to.
    if (!(error instanceof CommandNotStarted) && errorCode(error) === undefined) throw error;
  }
}

function endLeastUsed(): void {
  // The newest is there for somebody who has not come back for it yet.
  for (const server of [...servers.keys()].slice(0, -1)) {
    if (servers.size <= mostServers) return;
    if (server.load === 0) dropServer(server);
  }
}
