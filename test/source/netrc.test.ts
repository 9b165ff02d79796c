/** Logins out of netrc files. */
import { describe, expect, it } from "vitest";
import { loginFor } from "../../src/source/netrc.js";

describe("the login of a host in a netrc file", () => {
  it.each([
    ["on one line", "machine a.example login me password secret"],
    ["on several lines", "machine a.example\n\tlogin me\n\tpassword secret\n"],
    ["with Windows line ends", "machine a.example\r\nlogin me\r\npassword secret\r\n"],
    ["with the password first", "machine a.example password secret login me"],
    ["with an account", "machine a.example login me account x password secret"],
    ["in other capitals", "machine A.Example login me password secret"],
    ["in quotes", 'machine "a.example" login "me" password "secret"'],
    ["after other hosts", "machine b.example login you password other\nmachine a.example login me password secret"],
    ["before a second entry", "machine a.example login me password secret\nmachine a.example login x password y"],
    ["after an entry without a password", "machine a.example login x\nmachine a.example login me password secret"],
    ["as the default", "machine b.example login x password y\ndefault login me password secret"],
    ["before the default", "default login x password y\nmachine a.example login me password secret"],
    ["between comments", "# machine a.example login x password y\nmachine a.example login me # mine\npassword secret"],
    [
      "after a macro",
      "macdef init\nmachine a.example login x password y\nbye\n\nmachine a.example login me password secret",
    ],
    [
      "after a macro of its own",
      "machine b.example login x password y\nmacdef m\nput z\n\nmachine a.example login me password secret",
    ],
    ["beside words that nobody knows", "machine a.example port 21 login me password secret"],
  ])("is found %s", (_, text) => {
    expect(loginFor("a.example", text)).toEqual({ user: "me", password: "secret" });
  });

  it.each([
    ["spaces", '"pass word"', "pass word"],
    ["quotes", '"pass\\"word"', 'pass"word'],
    ["backslashes", '"pass\\\\word"', "pass\\word"],
    ["a hash", "#password", "#password"],
    ["a keyword", "machine", "machine"],
    ["nothing", '""', ""],
  ])("may have a password with %s", (_, written, password) => {
    const text = `machine a.example login me password ${written}\nmachine b.example login x password y`;
    expect(loginFor("a.example", text)?.password).toBe(password);
    expect(loginFor("b.example", text)?.password).toBe("y");
  });

  it.each([
    ["no file at all", ""],
    ["another host", "machine b.example login me password secret"],
    ["a host below it", "machine x.a.example login me password secret"],
    ["a host above it", "machine example login me password secret"],
    ["an entry without a password", "machine a.example login me"],
    ["a macro", "macdef m\nmachine a.example login me password secret"],
    ["a file that breaks off", "machine a.example login me password"],
    ["a host that breaks off", "machine"],
    ["words before any host", "login me password secret"],
  ])("is not found in %s", (_, text) => {
    expect(loginFor("a.example", text)).toBeUndefined();
  });
});
