// The chat page. Whatever comes from the server is only ever set as text, never as HTML.
"use strict";

const KEY = "stipple-session";
const TIMEOUT = 30_000; // milliseconds; the server answers within 20 s
const LOST = "That did not get through. Please check your connection.";

const log = document.getElementById("log");
const status = document.getElementById("status");
const form = document.getElementById("form");
const field = document.getElementById("text");
const again = document.getElementById("again");

let session = sessionStorage.getItem(KEY);
let queue = Promise.resolve(); // messages leave one after the other
let waiting = 0;
let conversation = 0; // counts up at each fresh start; late answers to an older one are dropped

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

// ---- talking to the server ----

class Refused extends Error {
  constructor(status, { error, message }) {
    super(message || LOST);
    this.status = status;
    this.final = error === "too_long" || error === "empty" || error === "unknown_payload";
  }
}

async function post(path, body) {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT);
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: abort.signal,
      credentials: "omit",
      cache: "no-store",
    });
    const data = await response.json();
    if (!response.ok) throw new Refused(response.status, data);
    return data;
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(0, {});
  } finally {
    clearTimeout(timer);
  }
}

function remember(token) {
  session = token;
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
  again.hidden = !token;
}

async function deliver(turn) {
  if (!session) remember((await post("session", {})).session);
  try {
    return await post("messages", { session, ...turn });
  } catch (error) {
    if (error.status !== 401) throw error;
    remember(null);
    throw new Refused(401, { message: "The earlier chat has ended. Try again to begin a new one." });
  }
}

// ---- what the page shows ----

/** Text with **bold**, as nodes. */
function inline(text) {
  return text
    .split(/\*\*(.+?)\*\*/)
    .map((part, place) => (place % 2 ? element("strong", { textContent: part }) : part));
}

/** Paragraphs, line breaks and "- " lists, as nodes. */
function prose(text) {
  const blocks = [];
  let open = null;
  for (const line of text.split("\n")) {
    const item = line.match(/^\s*[-*•]\s+(.*)$/);
    if (!line.trim()) {
      open = null;
    } else if (item) {
      if (open?.tagName !== "UL") blocks.push((open = element("ul")));
      open.append(element("li", {}, ...inline(item[1])));
    } else {
      if (open?.tagName === "P") open.append(element("br"));
      else blocks.push((open = element("p")));
      open.append(...inline(line));
    }
  }
  return blocks;
}

function sources({ sources = [], review }) {
  const nodes = [];
  if (sources.length) {
    const items = sources.map(({ title, publisher, year }) => {
      const origin = [publisher, year].filter(Boolean).join(", ");
      return element("li", { textContent: origin ? `${title} (${origin})` : title });
    });
    nodes.push(
      element("div", { className: "sources" }, element("p", { textContent: "Sources" }),
        element("ul", {}, ...items)),
    );
  }
  if (review) nodes.push(element("p", { className: "review", textContent: review }));
  return nodes;
}

function choices(buttons) {
  const group = element("div", { className: "choices" });
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Choices");
  for (const { title, payload } of buttons) {
    const button = element("button", { type: "button", textContent: title });
    button.dataset.send = payload || title;
    group.append(button);
  }
  return group;
}

/** An image of this site; the page's security policy would block any other. */
function picture(address) {
  const { origin, href } = new URL(address, location.href);
  if (origin !== location.origin) return element("p", { textContent: href });
  return element("img", { className: "image", src: href, alt: "Picture from the clinic" });
}

function show(node, name) {
  const message = element("div", { className: `message ${name}` }, ...node);
  log.append(message);
  message.scrollIntoView();
  return message;
}

function showVisitor(text) {
  return show(
    [element("span", { className: "unseen", textContent: "You said: " }),
      ...text.split("\n").flatMap((line, place) => (place ? [element("br"), line] : [line]))],
    "visitor",
  );
}

const isUrgent = ({ custom }) => custom?.kind === "urgent";

function showAssistant(said, live = true) {
  const { text = "", image, buttons = [], custom = {} } = said;
  const urgent = isUrgent(said);
  const parts = [element("span", { className: "unseen", textContent: "Assistant said: " })];
  if (urgent) parts.push(element("p", { className: "label", textContent: "⚠ Please read this now" }));
  parts.push(...prose(text));
  if (image) parts.push(picture(image));
  parts.push(...sources(custom));
  if (buttons.length) parts.push(choices(buttons));
  const kind = urgent || custom.kind === "fault" ? ` ${custom.kind}` : "";
  const message = show(parts, `assistant${kind}`);
  if (urgent && live) message.setAttribute("role", "alert");
}

function showProblem(after, error, retry) {
  const note = element("p", { className: "problem", textContent: error.message });
  note.setAttribute("role", "alert");
  if (!error.final) {
    const button = element("button", { type: "button", className: "quiet", textContent: "Try again" });
    button.addEventListener("click", () => {
      note.remove();
      field.focus();
      retry();
    });
    note.append(button);
  }
  after.after(note);
  note.scrollIntoView({ block: "nearest" });
}

function showWaiting(change) {
  waiting += change;
  status.classList.toggle("writing", waiting > 0);
  status.textContent = waiting > 0 ? "The assistant is writing" : "";
}

function welcome() {
  const content = document.getElementById("welcome").content.cloneNode(true);
  show([content], "assistant");
}

// ---- what the visitor does ----

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function send(said, title = said) {
  const turn = { id: newId(), [said.startsWith("/") && title !== said ? "payload" : "text"]: said };
  const bubble = showVisitor(turn.text ?? title);
  const mine = conversation;
  const attempt = () => {
    showWaiting(1);
    queue = queue.then(async () => {
      try {
        const answer = mine === conversation ? await deliver(turn) : null;
        if (!answer || mine !== conversation) return;
        if (answer.session) remember(answer.session);
        for (const message of answer.messages) showAssistant(message);
        // The question on top, its answer below; an urgent answer stays where it was shown.
        if (!answer.messages.some(isUrgent)) bubble.scrollIntoView();
      } catch (error) {
        if (mine === conversation) showProblem(bubble, error, attempt);
      } finally {
        showWaiting(-1);
      }
    });
  };
  attempt();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  field.focus();
  if (!text) return;
  field.value = "";
  send(text);
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

log.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-send]");
  if (!button) return;
  const title = button.textContent;
  button.closest(".choices").remove(); // spent
  field.focus();
  send(button.dataset.send, title);
});

again.addEventListener("click", () => {
  conversation += 1;
  remember(null);
  log.replaceChildren();
  welcome();
  field.focus();
});

// ---- begin ----

async function resume() {
  try {
    const { messages } = await post("history", { session });
    again.hidden = false;
    messages.forEach(({ from, buttons, ...message }, place) => {
      const last = place === messages.length - 1;
      if (from === "visitor") showVisitor(message.text);
      else showAssistant(last ? { ...message, buttons } : message, false);
    });
  } catch (error) {
    if (error.status === 401) remember(null);
  }
}

welcome();
if (session) queue = resume();
