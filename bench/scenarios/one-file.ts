/** One large file over a loopback that is faster than any network: what verification and our own work cost. */
import { aria2, curl, curlThen, peer } from "../peer.js";
import { createProject, downloading } from "../project.js";
import { compare } from "../race.js";
import { GIB, type Scenario } from "../scenario.js";

export const oneFile: Scenario = {
  about: "one file of 1 GiB over the loopback",
  async run(bench) {
    const { shop } = bench;
    const file = await bench.file("1g.bin", GIB);
    const server = await bench.serve();
    const project = await createProject(shop, "one-file", [file], [server.origin]);
    const wget2 = peer(shop, {
      name: "`wget2 -O` (unverified)",
      needs: ["wget2"],
      commands: () => [["wget2", "-q", "--no-config", "-O", file.name, `${server.origin}/${file.name}`]],
      files: [file],
    });
    const [ours, plain, openssl, aria, coreutils, wget] = await bench.race([
      downloading(project),
      curl(shop, file, server.origin),
      curlThen(shop, file, server.origin, "openssl", ["openssl", "dgst", "-sha256"]),
      aria2(shop, file, server.origin, ["-x8", "-s8"]),
      curlThen(shop, file, server.origin, "sha256sum", ["sha256sum"]),
      wget2,
    ]);
    await server.stop();
    await project.remove();
    const task = "one 1 GiB file, loopback";
    return [
      compare(task, ours, plain, { atMost: 1.25 }),
      compare(task, ours, openssl, { atMost: 0.9 }),
      compare(task, ours, aria, { atMost: 0.6 }),
      compare(task, ours, coreutils),
      compare(task, ours, wget),
    ];
  },
};
