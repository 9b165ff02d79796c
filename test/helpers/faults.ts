/** Every way to misbehave that the fault server knows, by the name a user would give it. */
import type { Behaviour, Exchange } from "./exchange.js";
import { honest, left, pour, send, sendHead } from "./exchange.js";
import { bodyFaults } from "./faults-body.js";
import { headFaults } from "./faults-head.js";
import { rangeFaults } from "./faults-range.js";
import { statusFaults } from "./faults-status.js";

export const faults = { ...bodyFaults, ...rangeFaults, ...headFaults, ...statusFaults };

/** Name of a fault in the table. */
export type FaultName = keyof typeof faults;

/** A named fault, or one made for a test. */
export type Fault = FaultName | Behaviour;

/** How a fault answers. */
export function behaviourOf(fault: Fault): Behaviour {
  return typeof fault === "string" ? faults[fault] : fault;
}

/** No fault: for a list in which some requests are to be answered honestly. */
export const healthy: Behaviour = (exchange) => send(exchange, honest(exchange));

async function upTo(exchange: Exchange, bytes: number): Promise<number> {
  const answer = honest(exchange);
  const stop = Math.min(answer.start + bytes, answer.end);
  sendHead(exchange, answer);
  await pour(exchange, exchange.response, exchange.resource.content, answer.start, stop);
  return stop;
}

/** Ends the connection in good order after so many bytes of the body: each of them arrives. */
export function cutAfter(bytes: number): Behaviour {
  return async (exchange) => {
    await upTo(exchange, bytes);
    exchange.socket.end();
  };
}

/** Waits after so many bytes of the body until `opened` resolves, then sends the rest. */
export function holdAfter(bytes: number, opened: Promise<void>): Behaviour {
  return async (exchange) => {
    const stop = await upTo(exchange, bytes);
    await Promise.race([opened, left(exchange)]);
    await pour(exchange, exchange.response, exchange.resource.content, stop, honest(exchange).end);
    exchange.response.end();
  };
}

/** A promise with the key to it. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
