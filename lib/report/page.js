// SPDX-License-Identifier: MIT
// Tables of a report: sorted by a click on a heading, searched as one types. The page reads well without.
(function () {
  'use strict';
  var root = document.documentElement;
  root.classList.add('live');

  // A cell's value: what data-v says, else its text.
  function value(row, column) {
    var cell = row.cells[column];
    var data = cell.getAttribute('data-v');
    return data === null ? cell.textContent : parseFloat(data);
  }

  function sort(table, column, head) {
    var body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows);
    // Numbers are wanted largest first, texts from A to Z; a second time turns it round.
    var numbers = head.classList.contains('n');
    var now = head.getAttribute('aria-sort');
    var down = now ? now === 'ascending' : numbers;
    rows.forEach(function (row, i) {
      if (!row.hasAttribute('data-i')) row.setAttribute('data-i', i);
    });
    rows.sort(function (a, b) {
      var x = value(a, column), y = value(b, column), order;
      if (numbers) {
        // What is unknown stands last, whichever way.
        if (isNaN(x) || isNaN(y)) return (isNaN(x) ? 1 : 0) - (isNaN(y) ? 1 : 0);
        order = x - y;
      } else {
        order = x < y ? -1 : x > y ? 1 : 0;
      }
      return (down ? -order : order) || a.getAttribute('data-i') - b.getAttribute('data-i');
    });
    rows.forEach(function (row) { body.appendChild(row); });
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (cell) {
      cell.removeAttribute('aria-sort');
    });
    head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
  }

  function makeSortable(table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      var button = document.createElement('button');
      button.type = 'button';
      button.textContent = head.textContent;
      head.textContent = '';
      head.appendChild(button);
      button.addEventListener('click', function () { sort(table, column, head); });
    });
  }

  function makeSearchable(form) {
    var table = document.getElementById(form.getAttribute('data-table'));
    var field = form.querySelector('input');
    var said = form.querySelector('output');
    function search() {
      var words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      var shown = 0, rows = table.tBodies[0].rows;
      for (var i = 0; i < rows.length; i++) {
        var text = rows[i].textContent.toLowerCase();
        var hit = words.every(function (word) { return text.indexOf(word) >= 0; });
        rows[i].hidden = !hit;
        shown += hit ? 1 : 0;
      }
      said.textContent = words.length ? shown + ' of ' + rows.length : '';
    }
    field.addEventListener('input', search);
    form.addEventListener('submit', function (event) { event.preventDefault(); });
  }

  Array.prototype.forEach.call(document.querySelectorAll('table.sortable'), makeSortable);
  Array.prototype.forEach.call(document.querySelectorAll('form.search'), makeSearchable);

  document.addEventListener('keydown', function (event) {
    var field = document.querySelector('form.search input');
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === '/' && field && !typing) {
      event.preventDefault();
      field.focus();
    } else if (event.key === 'Escape' && typing) {
      document.activeElement.value = '';
      document.activeElement.dispatchEvent(new Event('input'));
      document.activeElement.blur();
    }
  });
})();
