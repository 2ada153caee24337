// SPDX-License-Identifier: MIT
// Zoom, search and the keyboard of flame graphs and icicles. The picture is whole without it.
(function () {
  'use strict';
  var script = document.currentScript;
  var svg = script ? script.closest('svg') : document.querySelector('svg.hsn-boxes');
  var field = svg.querySelector('.boxes');
  var groups = Array.prototype.slice.call(field.children);
  var WIDTH = +svg.dataset.width, MARGIN = +svg.dataset.margin, ROW = +svg.dataset.row;
  var LETTER = +svg.dataset.letter, upwards = svg.dataset.upwards === '1';
  var said = svg.querySelector('.said'), plain = said.textContent;
  var form = svg.querySelector('.tools form'), search = form.querySelector('input');
  var found = form.querySelector('output'), reset = form.querySelector('button');
  // By box: where it stands in the whole picture, who is above it, where its part of the list ends.
  var boxes = [], open = [];
  var zoomed = 0, at = 0;

  groups.forEach(function (group, i) {
    var rect = group.querySelector('rect');
    var y = +rect.getAttribute('y');
    var depth = i ? Math.round(Math.abs(y - boxes[0].y) / ROW) : 0;
    while (open.length > depth) boxes[open.pop()].end = i;
    var title = group.firstChild.textContent.split('\n');
    boxes.push({
      group: group, rect: rect, x: +rect.getAttribute('x'), width: +rect.getAttribute('width'), y: y,
      depth: depth, parent: open.length ? open[open.length - 1] : -1, end: groups.length,
      name: title[0], amount: (title[1] || '').split(' (')[0], text: title.join('\n').toLowerCase(),
      lines: title, hidden: false, hit: false
    });
    open.push(i);
  });

  function letters(character) {
    return character.codePointAt(0) >= 0x1100 ? 2 : 1;
  }

  // At most so many columns of the label, as the picture was made.
  function cut(text, most) {
    var sum = 0, i = 0, all = Array.from(text);
    all.forEach(function (c) { sum += letters(c); });
    if (sum <= most) return text;
    for (sum = 0; i < all.length && sum + letters(all[i]) <= most - 1; i++) sum += letters(all[i]);
    return all.slice(0, i).join('') + '\u2026';
  }

  function place(box, x, width) {
    var label = box.group.querySelector('text');
    var room = (width - 6) / LETTER;
    box.rect.setAttribute('x', x);
    box.rect.setAttribute('width', width);
    box.group.classList.toggle('narrow', width < 2);
    if (room < 3) {
      if (label) label.remove();
      return;
    }
    if (!label) {
      label = document.createElementNS('http://www.w3.org/2000/svg', 'text');
      label.setAttribute('y', box.y + ROW - 6);
      box.group.appendChild(label);
    }
    label.setAttribute('x', x + 3);
    label.textContent = cut(box.name + '  ' + box.amount, room);
  }

  function hide(box, hidden) {
    if (box.hidden === hidden) return;
    box.hidden = hidden;
    box.group.style.display = hidden ? 'none' : '';
  }

  function zoom(to) {
    var target = boxes[to], scale = (WIDTH - 2 * MARGIN) / target.width, over = {};
    for (var up = target.parent; up >= 0; up = boxes[up].parent) over[up] = true;
    boxes.forEach(function (box, i) {
      var inside = i >= to && i < target.end;
      hide(box, !inside && !over[i]);
      box.group.classList.toggle('above', !!over[i]);
      if (over[i]) place(box, MARGIN, WIDTH - 2 * MARGIN);
      else if (inside) place(box, MARGIN + (box.x - target.x) * scale, box.width * scale);
    });
    zoomed = to;
    svg.dataset.zoomed = to;
    reset.disabled = !to && !search.value;
  }

  // The share of what matches, every box below another one that matches counted once.
  function look() {
    var word = search.value.trim().toLowerCase(), width = 0, hits = 0, covered = 0;
    boxes.forEach(function (box, i) {
      box.hit = word !== '' && i > 0 && box.text.indexOf(word) >= 0;
      box.group.classList.toggle('hit', box.hit);
      hits += box.hit;
      if (box.hit && i >= covered) {
        width += box.width;
        covered = box.end;
      }
    });
    field.classList.toggle('searching', word !== '');
    found.textContent = word === '' ? '' :
      (width * 100 / boxes[0].width).toFixed(2) + ' % in ' + hits + (hits === 1 ? ' box' : ' boxes');
    reset.disabled = !zoomed && word === '';
  }

  function say(i) {
    said.textContent = i < 0 ? plain : cut(boxes[i].lines.join(' \u00b7 '), (WIDTH - 2 * MARGIN) / LETTER);
  }

  function choose(i) {
    boxes[at].group.classList.remove('on');
    at = i;
    boxes[at].group.classList.add('on');
    say(at);
    if (boxes[at].rect.scrollIntoView) boxes[at].rect.scrollIntoView({block: 'nearest'});
  }

  function index(target) {
    var group = target.closest ? target.closest('.boxes > g') : null;
    return group ? groups.indexOf(group) : -1;
  }

  // The next visible box of the same depth, by position.
  function beside(step) {
    for (var i = at + step; i >= 0 && i < boxes.length; i += step)
      if (!boxes[i].hidden && boxes[i].depth === boxes[at].depth) return i;
    return at;
  }

  function below() {
    return at + 1 < boxes[at].end && !boxes[at + 1].hidden ? at + 1 : at;
  }

  function above() {
    return boxes[at].parent >= 0 ? boxes[at].parent : at;
  }

  function clear() {
    search.value = '';
    look();
    zoom(0);
    say(-1);
  }

  function openSearch(event) {
    event.preventDefault();
    search.focus();
    search.select();
  }

  field.addEventListener('click', function (event) {
    var i = index(event.target);
    if (i < 0) return;
    zoom(i);
    choose(i);
  });
  field.addEventListener('mouseover', function (event) {
    var i = index(event.target);
    if (i >= 0) say(i);
  });
  field.addEventListener('mouseleave', function () { say(-1); });
  field.addEventListener('focus', function () { choose(at); });
  field.addEventListener('keydown', function (event) {
    var key = event.key, to = -1;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (key === 'ArrowLeft') to = beside(-1);
    else if (key === 'ArrowRight') to = beside(1);
    else if (key === 'ArrowDown') to = upwards ? above() : below();
    else if (key === 'ArrowUp') to = upwards ? below() : above();
    else if (key === 'Home') to = 0;
    else if (key === 'Enter' || key === ' ') zoom(at);
    else if (key === 'Backspace') { if (boxes[zoomed].parent >= 0) zoom(boxes[zoomed].parent); }
    else return;
    event.preventDefault();
    if (to >= 0) choose(to);
  });
  // In a page with other things only while the picture has the focus.
  (svg.ownerDocument.documentElement === svg ? window : svg).addEventListener('keydown', function (event) {
    var typing = event.target === search;
    if ((event.key === '/' && !typing) || ((event.ctrlKey || event.metaKey) && event.key === 'f'))
      openSearch(event);
    else if (event.key === 'Escape') { clear(); if (typing) field.focus(); }
  });
  search.addEventListener('input', look);
  form.addEventListener('submit', function (event) { event.preventDefault(); });
  reset.addEventListener('click', clear);
  reset.disabled = true;
  svg.classList.add('live');
})();
