// SPDX-License-Identifier: Apache-2.0 OR MIT
// Component: dates, by the language's own Date.

const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October',
  'November', 'December'];
const MS = 86400000;

function toTime({ year, month, day }) {
  const it = new Date(0);
  it.setUTCFullYear(year, month - 1, day);
  return it;
}

function toDate(time) {
  return { year: time.getUTCFullYear(), month: time.getUTCMonth() + 1, day: time.getUTCDate() };
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

export const dates = {
  parse(text) {
    const pattern = '0000-00-00';
    for (let i = 0; i < Math.max(text.length, pattern.length); i++) {
      if (!(pattern[i] === '0' ? /[0-9]/ : /-/).test(text[i] ?? '') || i >= pattern.length) {
        throw { tag: 'syntax', val: i };
      }
    }
    const [year, month, day] = text.split('-').map(Number);
    if (year === 0) throw { tag: 'syntax', val: 0 };
    if (month < 1 || month > 12) throw { tag: 'no-such-month', val: month };
    const it = { year, month, day };
    if (toDate(toTime(it)).month !== month || day === 0) throw { tag: 'no-such-day', val: it };
    return it;
  },

  dayOfWeek(it) {
    return DAYS[toTime(it).getUTCDay()];
  },

  addDays(it, days) {
    return toDate(new Date(toTime(it).getTime() + days * MS));
  },

  daysBetween(a, b) {
    return (toTime(b) - toTime(a)) / MS;
  },

  format(it, pattern) {
    const time = toTime(it), two = (n) => String(n).padStart(2, '0');
    const start = toTime({ year: it.year, month: 1, day: 1 });
    const fields = {
      Y: () => String(it.year).padStart(4, '0'),
      m: () => two(it.month),
      d: () => two(it.day),
      e: () => String(it.day),
      B: () => MONTHS[it.month - 1],
      A: () => capital(DAYS[time.getUTCDay()]),
      j: () => String((time - start) / MS + 1).padStart(3, '0'),
      '%': () => '%',
    };
    return pattern.replace(/%(.?)/gu, (_, letter) => {
      if (!(letter in fields)) throw letter || '%';
      return fields[letter]();
    });
  },

  upcoming(it, on, howMany) {
    const found = [];
    let time = toTime(it);
    while (found.length < howMany) {
      time = new Date(time.getTime() + MS);
      if (DAYS[time.getUTCDay()] === on) found.push(toDate(time));
    }
    return found;
  },
};
