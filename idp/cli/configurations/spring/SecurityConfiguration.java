import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.core.authority.mapping.GrantedAuthoritiesMapper;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.client.web.OAuth2AuthorizationRequestCustomizers;
import org.springframework.security.oauth2.core.oidc.user.OidcUserAuthority;
import org.springframework.security.web.SecurityFilterChain;

@Configuration
class SecurityConfiguration {

    @Bean
    SecurityFilterChain security(HttpSecurity http, ClientRegistrationRepository clients) throws Exception {
        // PKCE is asked of every client here; older releases of Spring Security send it for public clients only.
        var requests = new DefaultOAuth2AuthorizationRequestResolver(clients, "/oauth2/authorization");
        requests.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());

        var signOut = new OidcClientInitiatedLogoutSuccessHandler(clients);
        signOut.setPostLogoutRedirectUri("{{ post_logout_redirect_uri }}");

        return http
            .authorizeHttpRequests(page -> page
                .requestMatchers("{{ post_logout_page }}", "/error").permitAll()
                .anyRequest().authenticated())
            .oauth2Login(login -> login
                .authorizationEndpoint(endpoint -> endpoint.authorizationRequestResolver(requests)))
            .logout(logout -> logout.logoutSuccessHandler(signOut))
            .build();
    }

    /** `rollen` in the ID Token become ROLE_…, so that hasRole("indienen") asks for one. */
    @Bean
    GrantedAuthoritiesMapper rolesOfTheApplication() {
        return authorities -> {
            Collection<GrantedAuthority> all = new HashSet<>(authorities);
            for (GrantedAuthority each : authorities) {
                if (each instanceof OidcUserAuthority person) {
                    List<String> roles = person.getIdToken().getClaimAsStringList("rollen");
                    if (roles != null) {
                        roles.forEach(role -> all.add(new SimpleGrantedAuthority("ROLE_" + role)));
                    }
                }
            }
            return all;
        };
    }
}
