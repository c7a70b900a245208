global.PREFIX = 'prefixed '
