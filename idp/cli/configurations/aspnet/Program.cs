using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

var builder = WebApplication.CreateBuilder(args);

builder.Services
    .AddAuthentication(options =>
    {
        options.DefaultScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        options.DefaultChallengeScheme = OpenIdConnectDefaults.AuthenticationScheme;
    })
    .AddCookie()
    .AddOpenIdConnect(options =>
    {
        var oidc = builder.Configuration.GetSection("Oidc");
        options.Authority = oidc["Authority"];
        options.ClientId = oidc["ClientId"];
        options.ClientSecret = oidc["ClientSecret"]; // from the environment: Oidc__ClientSecret
        options.RequireHttpsMetadata = {{ "true" if issuer.startswith("https:") else "false" }};
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.UsePkce = true;
        options.CallbackPath = "/signin-oidc";
        options.SignedOutCallbackPath = "/signout-callback-oidc";
        options.Scope.Clear();
        foreach (var scope in oidc["Scopes"]!.Split(' ')) options.Scope.Add(scope);
        options.MapInboundClaims = false; // keep the names that stand in the token
        options.TokenValidationParameters.NameClaimType = "name";
        options.TokenValidationParameters.RoleClaimType = "rollen"; // so that [Authorize(Roles = "indienen")] works
        options.GetClaimsFromUserInfoEndpoint = true; // `name` and `preferred_username` come from there
        options.SaveTokens = true; // the ID Token is the hint for signing out
    });

builder.Services.AddAuthorizationBuilder()
    .SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());

var app = builder.Build();
app.UseAuthentication();
app.UseAuthorization();

app.MapGet("/", (HttpContext page) => $"{page.User.FindFirst("sub")?.Value}");
app.MapGet("/inloggen", () => Results.Challenge(
    new AuthenticationProperties { RedirectUri = "/" },
    [OpenIdConnectDefaults.AuthenticationScheme])).AllowAnonymous();
app.MapPost("/uitloggen", () => Results.SignOut(
    new AuthenticationProperties { RedirectUri = "/uitgelogd" },
    [CookieAuthenticationDefaults.AuthenticationScheme, OpenIdConnectDefaults.AuthenticationScheme]));
app.MapGet("/uitgelogd", () => "U bent uitgelogd.").AllowAnonymous();

app.Run();
