// Looks for new messages each second and sends forms without leaving the page. The page works without it.
(() => {
  "use strict";
  const list = document.getElementById("messages");
  const screen = list.parentElement;
  const trouble = document.getElementById("trouble");
  const panel = document.getElementById("panel");
  const carrier = document.getElementById("carrier");
  let tag = "";
  let carrierTag = "";

  // Only what changed is touched, so that a screen reader reads new messages and not the whole conversation again.
  const show = (html) => {
    const page = document.createElement("template");
    page.innerHTML = html;
    const fresh = [...page.content.querySelectorAll("li")];
    const old = new Map([...list.children].map((item) => [item.dataset.id, item]));
    const wanted = new Set(fresh.map((item) => item.dataset.id));
    for (const [id, item] of old) if (!wanted.has(id)) item.remove();
    let added = false;
    for (const item of fresh) {
      const known = old.get(item.dataset.id);
      if (!known) {
        list.append(item);
        added = true;
      } else if (known.dataset.state !== item.dataset.state) {
        known.replaceWith(item);
      }
    }
    if (added) screen.scrollTop = screen.scrollHeight;
  };

  const look = async () => {
    try {
      const answer = await fetch(list.dataset.source, { headers: tag ? { "If-None-Match": tag } : {} });
      if (answer.status === 200) {
        tag = answer.headers.get("ETag") || "";
        show(await answer.text());
      }
      trouble.textContent = answer.ok || answer.status === 304 ? "" : list.dataset.lost;
    } catch {
      trouble.textContent = list.dataset.lost;
    }
  };

  // The whole part is replaced; whoever stood on one of its buttons stands there still.
  const lookAtCarrier = async () => {
    const answer = await fetch(carrier.dataset.source, { headers: carrierTag ? { "If-None-Match": carrierTag } : {} });
    if (answer.status !== 200) return;
    carrierTag = answer.headers.get("ETag") || "";
    const standing = carrier.contains(document.activeElement) ? document.activeElement.id : "";
    carrier.innerHTML = await answer.text();
    if (standing) document.getElementById(standing).focus();
  };

  const lookOn = async () => {
    if (!document.hidden) await look();
    if (!document.hidden && panel.open) await lookAtCarrier().catch(() => {});
    setTimeout(lookOn, 1000);
  };

  const send = async (event) => {
    const form = event.target;
    event.preventDefault();
    const fields = new FormData(form);
    if (event.submitter && event.submitter.name) fields.append(event.submitter.name, event.submitter.value);
    if (form.id === "write") form.elements.text.value = "";
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), headers: { "X-Quiet": "1" } });
      if (answer.status === 403) location.reload();
      if (!answer.ok) throw new Error("not sent");
      await (panel.contains(form) ? lookAtCarrier() : look());
    } catch {
      if (form.id === "write") form.elements.text.value = fields.get("text");
      trouble.textContent = list.dataset.lost;
    }
  };

  for (const id of ["write", "suggest", "press", "media", "order", "switch", "clearing"]) {
    const form = document.getElementById(id);
    if (form) form.addEventListener("submit", send);
  }
  screen.scrollTop = screen.scrollHeight;
  lookOn();
})();
