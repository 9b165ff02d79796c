/** A link with delay and loss: a server's network namespace behind netem, or behind two TUN devices without it. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isInstalled } from "./tools.js";
import type { Workshop } from "./workshop.js";

const LINK = fileURLToPath(new URL("../link.pl", import.meta.url));
/** Addresses set aside for measurements of networks (RFC 2544). */
const [CLIENT, SERVER] = ["198.18.77.1", "198.18.77.2"];

/** How bad: each direction has this delay and this loss. */
export interface BadLinkOptions {
  delayMs: number;
  lossPercent: number;
  /** How the server's side reacts to loss: a name the kernel knows, such as `cubic`. */
  congestion: string;
}

export interface BadLink {
  /** Where the server is to run. */
  namespace: string;
  /** The server's address. */
  host: string;
  /** What makes the delay and the loss. */
  by: "netem" | "TUN devices";
  remove(): Promise<void>;
}

/** Why there can be no such link here; undefined where there can. */
export function whyNoBadLink(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  if (process.getuid?.() !== 0) return "needs root";
  if (!isInstalled("ip") || !isInstalled("tc")) return "needs iproute2 (`ip` and `tc`)";
  return undefined;
}

/** How this machine reacts to loss where nobody chooses. */
export function ownCongestionControl(): string {
  return readFileSync("/proc/sys/net/ipv4/tcp_congestion_control", "utf8").trim();
}

export async function makeBadLink(shop: Workshop, options: BadLinkOptions): Promise<BadLink> {
  const { delayMs, lossPercent, congestion } = options;
  const namespace = `assets-bench-${process.pid}`;
  const [near, far] = [`ab${process.pid}n`, `ab${process.pid}f`];
  const here = (words: string) => shop.must(["ip", ...words.split(" ")]);
  const there = (words: string) => shop.must(["ip", "netns", "exec", namespace, ...words.split(" ")]);

  await here(`netns add ${namespace}`);
  const removeNamespace = shop.cleanup.add(() => spawnSync("ip", ["netns", "del", namespace]));
  await here(`link add ${near} type veth peer name ${far}`);
  // With one end goes the other, and both go with the namespace; not so if that was never reached.
  const removeDevices = shop.cleanup.add(() => spawnSync("ip", ["link", "del", near]));
  const netem = `root netem delay ${delayMs}ms loss ${lossPercent}% limit 10000`;
  const hasNetem = (await shop.run(["tc", "qdisc", "add", "dev", near, ...netem.split(" ")])).code === 0;

  let endLink = async () => {};
  if (!hasNetem) {
    await removeDevices();
    const words = ["perl", LINK, near, far, String(delayMs), String(lossPercent)];
    const { child, done } = shop.start(words, { pipeIn: true });
    endLink = shop.cleanup.add(async () => {
      child.stdin?.end();
      await done;
    });
    for (const device of [near, far]) await appeared(shop, device);
  }
  await here(`link set ${far} netns ${namespace}`);
  // Segments that the kernel would cut later would be lost, or kept, many packets at a time.
  const whole = "gso_max_segs 1 txqueuelen 10000";
  await here(`link set ${near} ${whole} up`);
  await there(`ip link set ${far} ${whole} up`);
  await here(`addr add ${CLIENT} peer ${SERVER} dev ${near}`);
  await there(`ip addr add ${SERVER}/32 dev ${far}`);
  // By the route, since a namespace may not choose all that the kernel knows.
  await there(`ip route add ${CLIENT}/32 dev ${far} congctl ${congestion}`);
  if (hasNetem) await there(`tc qdisc add dev ${far} ${netem}`);
  // What one connection learned of the link must not serve the next contestant.
  const forget = "echo 1 > /proc/sys/net/ipv4/tcp_no_metrics_save";
  await shop.must(["ip", "netns", "exec", namespace, "sh", "-c", forget]);
  return {
    namespace,
    host: SERVER,
    by: hasNetem ? "netem" : "TUN devices",
    async remove() {
      await endLink();
      await removeDevices();
      await removeNamespace();
    },
  };
}

async function appeared(shop: Workshop, device: string): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await shop.run(["ip", "link", "show", device])).code === 0) return;
  }
  throw new Error(`No TUN device could be made: perl and /dev/net/tun are needed where the kernel has no netem`);
}
