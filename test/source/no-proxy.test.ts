/** Which hosts a NO_PROXY list names. */
import { describe, expect, it } from "vitest";
import { isListed } from "../../src/source/no-proxy.js";

describe("a list of hosts that need no proxy", () => {
  it.each([
    ["example.com", "https://example.com/"],
    ["example.com", "https://a.b.example.com/"],
    [".example.com", "https://a.example.com/"],
    [".example.com", "https://example.com/"],
    ["*.example.com", "https://a.example.com/"],
    ["EXAMPLE.com", "https://Example.COM/"],
    ["example.com.", "https://example.com/"],
    ["example.com", "https://example.com./"],
    ["other.example,example.com", "https://example.com/"],
    ["other.example, example.com", "https://example.com/"],
    ["other.example example.com", "https://example.com/"],
    ["example.com:8443", "https://example.com:8443/"],
    ["example.com:443", "https://example.com/"],
    ["example.com:80", "http://example.com/"],
    ["*", "https://example.com/"],
    ["localhost,*", "https://[2001:db8::1]/"],
    ["127.0.0.1", "http://127.0.0.1:8080/"],
    ["127.0.0.1:8080", "http://127.0.0.1:8080/"],
    ["10.0.0.0/8", "http://10.1.2.3/"],
    ["0.0.0.0/0", "http://10.1.2.3/"],
    ["::1", "http://[::1]/"],
    ["[::1]", "http://[::1]/"],
    ["[::1]:8080", "http://[::1]:8080/"],
    ["0:0:0:0:0:0:0:1", "http://[::1]/"],
    ["2001:db8::/32", "http://[2001:db8:1::2]/"],
    ["[2001:db8::]/32", "http://[2001:db8:1::2]/"],
  ])("%s names the host of %s", (list, url) => {
    expect(isListed(new URL(url), list)).toBe(true);
  });

  it.each([
    ["", "https://example.com/"],
    [",, ,", "https://example.com/"],
    [".", "https://example.com/"],
    ["example.com", "https://notexample.com/"],
    ["a.example.com", "https://example.com/"],
    ["example.com:8443", "https://example.com/"],
    ["example.com:443", "http://example.com/"],
    ["*.com.example", "https://example.com/"],
    ["127.0.0.1:8080", "http://127.0.0.1/"],
    ["0.0.1", "http://127.0.0.1/"],
    ["10.0.0.0/8", "http://11.1.2.3/"],
    ["10.0.0.0/33", "http://10.1.2.3/"],
    ["10.0.0.0/", "http://10.1.2.3/"],
    ["10.0.0.0/8", "http://[::1]/"],
    ["2001:db8::/32", "http://[2001:db9::1]/"],
    ["::1", "http://127.0.0.1/"],
  ])("%s does not name the host of %s", (list, url) => {
    expect(isListed(new URL(url), list)).toBe(false);
  });
});
