// bcoin keeps everything in memory here, but loads leveldown, which a compiler would have to build.
'use strict';
const Module = require('module');
const load = Module._load;
Module._load = function(request, ...rest) {
  return request === 'leveldown' ? class {} : load.call(this, request, ...rest);
};
