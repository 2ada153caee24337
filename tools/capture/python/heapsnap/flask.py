# SPDX-License-Identifier: MIT
"""Flask: heapsnap.flask.init(app, '/var/tmp/heap', sample=0.01). Routes are called by their rules."""
from . import install, wsgi


def init(app, directory=None, install_options=None, **options):
    """Wrap app.wsgi_app in wsgi.Middleware(**options); with a directory, install() there as well.

    install_options: a dict for install(). Returns the middleware.
    """
    if directory is not None:
        install(directory, **(install_options or {}))

    def rule(environ):
        # Asked of measured requests only; Flask has forgotten the request when it has ended.
        return app.url_map.bind_to_environ(environ).match(return_rule=True)[0].rule
    options.setdefault('route', rule)
    app.wsgi_app = middleware = wsgi.Middleware(app.wsgi_app, **options)
    return middleware
