// Keeps a part of a page up to date, and asks before a button does something. No library: Hangfire's own pages bring jQuery, this needs none of it.
(function () {
  'use strict';

  var ACTIVE = 1000, IDLE = 10000;

  function localTimes(root) {
    root.querySelectorAll('time[datetime]').forEach(function (time) {
      time.title = 'Here: ' + new Date(time.dateTime).toLocaleString();
    });
  }

  // Takes over the new content without closing what the reader has opened or losing their place.
  function replace(region, html) {
    var open = Array.from(region.querySelectorAll('details')).map(function (one) { return [one.id, one.open]; });
    var focus = document.activeElement;
    var held = region.contains(focus) ? (focus.id ? '#' + CSS.escape(focus.id) : focus.dataset.brAction ? '[data-br-action="' + CSS.escape(focus.dataset.brAction) + '"]' : null) : null;
    region.innerHTML = html;
    open.forEach(function (one) {
      var details = one[0] && document.getElementById(one[0]);
      if (details) details.open = one[1] || details.open;
    });
    if (held) { var again = region.querySelector(held); if (again) again.focus({ preventScroll: true }); }
    localTimes(region);
  }

  function keepLive(region) {
    var shown = null, timer = null;
    function isActive() { return region.querySelector('[data-br-active="true"]') !== null; }
    function later() { clearTimeout(timer); timer = document.hidden ? null : setTimeout(look, isActive() ? ACTIVE : IDLE); }
    function look() {
      fetch(region.dataset.brLive, { credentials: 'same-origin' })
        .then(function (answer) { return answer.ok ? answer.text() : null; })
        .then(function (html) {
          if (html !== null && html !== shown) { shown = html; replace(region, html); }
        })
        .catch(function () { /* The server is away; the next look tells. */ })
        .then(later);
    }
    document.addEventListener('visibilitychange', function () { if (document.hidden) clearTimeout(timer); else look(); });
    later();
  }

  function say(text, good) {
    var old = document.getElementById('br-said');
    if (old) old.remove();
    var alert = document.createElement('div');
    alert.id = 'br-said';
    alert.className = 'alert br-said ' + (good ? 'alert-success' : 'alert-danger');
    alert.setAttribute('role', good ? 'status' : 'alert');
    alert.textContent = text;
    var page = document.querySelector('.br-page');
    page.insertBefore(alert, page.children[1] || null);
  }

  function act(button) {
    button.disabled = true;
    var headers = {}, name = document.querySelector('meta[name="csrf-header"]'), token = document.querySelector('meta[name="csrf-token"]');
    if (name && token) headers[name.content] = token.content;
    fetch(button.dataset.brAction, { method: 'POST', headers: headers, credentials: 'same-origin' })
      .then(function (answer) { return answer.text().then(function (text) { return [answer.ok, text]; }); })
      .then(function (result) {
        if (!result[0]) { button.disabled = false; say(result[1] || 'It was refused.', false); return; }
        sessionStorage.setItem('br-said', result[1]);
        location.reload();
      })
      .catch(function () { button.disabled = false; say('The server did not answer; look again before you press once more.', false); });
  }

  function ask(button) {
    var dialog = document.createElement('dialog');
    dialog.className = 'br-ask';
    dialog.setAttribute('aria-labelledby', 'br-question');
    dialog.innerHTML = '<form method="dialog"><p id="br-question"></p><div class="br-actions"><button value="no" class="btn btn-default" autofocus>No</button>' +
      '<button value="yes" class="btn"></button></div></form>';
    dialog.querySelector('p').textContent = button.dataset.brAsk;
    var yes = dialog.querySelector('[value="yes"]');
    yes.textContent = button.textContent;
    yes.classList.add(button.classList.contains('btn-death') ? 'btn-danger' : 'btn-primary');
    dialog.addEventListener('close', function () {
      dialog.remove();
      button.focus();
      if (dialog.returnValue === 'yes') act(button);
    });
    document.body.appendChild(dialog);
    dialog.showModal();
  }

  document.addEventListener('click', function (event) {
    var button = event.target.closest('[data-br-action]');
    if (button) ask(button);
  });

  document.addEventListener('DOMContentLoaded', start);
  if (document.readyState !== 'loading') start();
  function start() {
    if (start.done) return;
    start.done = true;
    if (!document.querySelector('.br-page')) return;
    document.querySelectorAll('[data-br-live]').forEach(keepLive);
    localTimes(document);
    var said = sessionStorage.getItem('br-said');
    if (said) { sessionStorage.removeItem('br-said'); say(said, true); }
  }
})();
