// The console's script. Every page works without it; it adds speed and keys.
import htmx from "htmx.org";
import { bulk } from "./bulk.js";
import { copyButtons } from "./copy.js";
import { csrf } from "./csrf.js";
import { dialogs } from "./dialogs.js";
import { drop } from "./drop.js";
import { files } from "./files.js";
import { focus } from "./focus.js";
import { forms } from "./forms.js";
import { keys } from "./keys.js";
import { menus } from "./menus.js";
import { passkeys } from "./passkeys.js";
import { print } from "./print.js";
import { toasts } from "./toasts.js";

window.htmx = htmx;
document.documentElement.classList.add("has-script");

const start = () => [bulk, csrf, copyButtons, dialogs, drop, files, focus, forms, keys, menus, passkeys, print, toasts].forEach((part) => part(document));

if (document.readyState === "loading") {
  document.addEventListener("DOMContentLoaded", start);
} else {
  start();
}
